-- Lost audio and warnings as rows, channels, and which analysis of a recording counts.

-- All locks at once and in the order in which workers, uploads and readers take theirs: whoever is in the middle of a
-- transaction ends it before anything here begins. Taken one by one below they would end in a deadlock with any worker that
-- saves a segment meanwhile. The first two lock the views alone: whoever reads them waits here, not at their tables.
ALTER VIEW detections_named RESET (security_barrier);
ALTER VIEW detections_heard RESET (security_barrier);
LOCK TABLE recordings IN SHARE ROW EXCLUSIVE MODE;
LOCK TABLE analyses IN EXCLUSIVE MODE;
LOCK TABLE packs, timelines, detections IN ACCESS EXCLUSIVE MODE;

CREATE TABLE lost_stretches (
    analysis_id uuid NOT NULL,
    segment_index integer NOT NULL,
    start_s numeric(14,6) NOT NULL,
    end_s numeric(14,6) NOT NULL CHECK (end_s > start_s),
    reason text NOT NULL,
    FOREIGN KEY (analysis_id, segment_index) REFERENCES segments ON DELETE CASCADE
);
CREATE INDEX lost_stretches_segment ON lost_stretches (analysis_id, segment_index);
COMMENT ON TABLE lost_stretches IS 'audio of done segments that was not analyzed; at most 100 a segment, the last one covers the rest';
COMMENT ON COLUMN segments.lost IS 'the lost stretches of a done segment as one sentence; of rows older than lost_stretches perhaps the only record';

-- The sentences of older rows: "lost 1.000 s to 2.000 s: reason; 3.000 s to 4.000 s: reason; and 2 more stretches".
-- A sentence of another form stays what it is; of stretches that were only counted nothing is known.
INSERT INTO lost_stretches (analysis_id, segment_index, start_s, end_s, reason)
SELECT analysis_id, segment_index, part[1]::numeric, part[2]::numeric, part[3]
FROM segments
CROSS JOIN LATERAL regexp_split_to_table(
    regexp_replace(substr(lost, 6), '; and \d+ more stretches$', ''), '; (?=\d+\.\d{3} s to \d+\.\d{3} s: )'
) AS sentence
CROSS JOIN LATERAL regexp_match(sentence, '^(\d+\.\d{3}) s to (\d+\.\d{3}) s: (.+)$') AS part
WHERE state = 'done' AND lost ~ '^lost \d+\.\d{3} s to \d+\.\d{3} s: ' AND part[1]::numeric < part[2]::numeric;

CREATE TABLE segment_warnings (
    analysis_id uuid NOT NULL REFERENCES analyses ON DELETE CASCADE,
    segment_index integer,
    code text NOT NULL,
    detail text NOT NULL,
    start_s numeric(14,6),
    end_s numeric(14,6),
    channel smallint,
    FOREIGN KEY (analysis_id, segment_index) REFERENCES segments ON DELETE CASCADE
);
CREATE INDEX segment_warnings_segment ON segment_warnings (analysis_id, segment_index);
COMMENT ON TABLE segment_warnings IS 'what a user should know before trusting a result; none of them changes it';
COMMENT ON COLUMN segment_warnings.segment_index IS 'null: it concerns the analysis as a whole';
COMMENT ON COLUMN segment_warnings.channel IS 'from 1; null: all channels, or none in particular';

ALTER TABLE timelines
    ADD COLUMN window_channels bytea,
    ADD COLUMN frame_channels bytea,
    ADD COLUMN window_spread bytea;
COMMENT ON COLUMN timelines.window_channels IS 'the channel, from 1, that each window''s score comes from, a byte a window; null: one channel or the mix was scored';
COMMENT ON COLUMN timelines.frame_channels IS 'likewise, a byte a frame';
COMMENT ON COLUMN timelines.window_spread IS 'standard deviation over members, in steps of 1/255, a byte a window; null: not measured';

ALTER TABLE detections
    ADD COLUMN channel smallint,
    ADD COLUMN spread real;
COMMENT ON COLUMN detections.channel IS 'the channel, from 1, in which its score is highest; null: the mix was scored';
COMMENT ON COLUMN detections.spread IS 'standard deviation over members in the window of its peak; null: not measured';
COMMENT ON COLUMN detections.site IS 'a copy of the recording''s, rewritten with it: for the index by site and time';

CREATE TABLE current_analyses (
    recording_id uuid NOT NULL REFERENCES recordings ON DELETE CASCADE,
    pack_name text NOT NULL,
    analysis_id uuid NOT NULL UNIQUE REFERENCES analyses ON DELETE CASCADE,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (recording_id, pack_name)
);
COMMENT ON TABLE current_analyses IS
    'which analysis of a recording counts in lists across recordings: of each pack the newest that succeeded or is partial';
INSERT INTO current_analyses (recording_id, pack_name, analysis_id, finished_at)
SELECT DISTINCT ON (recording_id, pack_name) recording_id, pack_name, id, finished_at
FROM analyses WHERE result IN ('succeeded', 'partial')
ORDER BY recording_id, pack_name, finished_at DESC, id DESC;

-- A trigger, so that workers and APIs of the version before this one keep the table too: an analysis begins to count when
-- it finishes with results, and ceases to when it is retried or deleted; then the newest of those that are left counts.
CREATE FUNCTION choose_current_analysis() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed analyses := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    -- Of two analyses that change at once the second sees what became of the first.
    PERFORM FROM recordings WHERE id = changed.recording_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL; -- the recording is being deleted, and all of this with it
    END IF;
    INSERT INTO current_analyses AS c (recording_id, pack_name, analysis_id, finished_at)
    SELECT recording_id, pack_name, id, finished_at FROM analyses
    WHERE recording_id = changed.recording_id AND pack_name = changed.pack_name AND result IN ('succeeded', 'partial')
    ORDER BY finished_at DESC, id DESC LIMIT 1
    ON CONFLICT (recording_id, pack_name)
    DO UPDATE SET analysis_id = excluded.analysis_id, finished_at = excluded.finished_at;
    IF NOT FOUND THEN
        DELETE FROM current_analyses WHERE recording_id = changed.recording_id AND pack_name = changed.pack_name;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER current_analysis_inserted AFTER INSERT ON analyses FOR EACH ROW
    WHEN (NEW.result IN ('succeeded', 'partial')) EXECUTE FUNCTION choose_current_analysis();
CREATE TRIGGER current_analysis_updated AFTER UPDATE OF result, finished_at ON analyses FOR EACH ROW
    WHEN ((OLD.result, OLD.finished_at) IS DISTINCT FROM (NEW.result, NEW.finished_at))
    EXECUTE FUNCTION choose_current_analysis();
CREATE TRIGGER current_analysis_deleted AFTER DELETE ON analyses FOR EACH ROW
    WHEN (OLD.result IN ('succeeded', 'partial')) EXECUTE FUNCTION choose_current_analysis();

-- Views count what lists of the API count: of each recording and pack one analysis.
CREATE OR REPLACE VIEW detections_named AS
SELECT
    d.id, d.analysis_id, d.recording_id, r.filename, d.site, r.latitude, r.longitude,
    t.code, t.scientific_name, t.common_name, t.taxonomic_class,
    d.onset_s, d.offset_s, d.started_at, d.ended_at, d.confidence,
    a.pack_name, a.pack_version
FROM detections AS d
JOIN current_analyses AS c ON c.analysis_id = d.analysis_id
JOIN taxa AS t ON t.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id;
COMMENT ON VIEW detections_named IS
    'who sang when: detections with their names, places and times; of each recording and pack the analysis that counts';

CREATE OR REPLACE VIEW detections_heard AS
SELECT
    d.id, d.analysis_id, d.recording_id, r.filename, coalesce(d.site, '(no site)') AS site,
    t.id AS taxon_id, t.scientific_name, t.common_name, t.taxonomic_class,
    d.onset_s, d.offset_s, d.confidence, a.pack_name AS pack, a.pack_version,
    coalesce(d.started_at, '-infinity') AS heard_at,
    d.started_at AT TIME ZONE 'UTC' + make_interval(secs => r.recorded_utc_offset_s) AS heard_at_local
FROM detections AS d
JOIN current_analyses AS c ON c.analysis_id = d.analysis_id
JOIN taxa AS t ON t.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id;
COMMENT ON VIEW detections_heard IS
    'detections by place and time, as in detections_named; undated ones were heard at -infinity, as in the indexes';

GRANT SELECT ON lost_stretches, segment_warnings, current_analyses TO reader;

ALTER TABLE packs ADD COLUMN has_occurrence boolean;
COMMENT ON COLUMN packs.has_occurrence IS 'whether occurrence_min can be asked of it; null: registered by a worker that did not say';
