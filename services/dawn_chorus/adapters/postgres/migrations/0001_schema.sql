-- The first schema. PostgreSQL 18: keys are uuidv7(), so that rows lie in the order in which they were made.
-- Positions and durations are numeric(14,6): seconds to the microsecond, which add up exactly.

CREATE TABLE recordings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    filename text NOT NULL,
    store_key text NOT NULL UNIQUE,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    format text NOT NULL,
    duration_s numeric(14,6) NOT NULL CHECK (duration_s > 0),
    sample_rate_hz integer NOT NULL CHECK (sample_rate_hz > 0),
    channels integer NOT NULL CHECK (channels > 0),
    site text,
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    recorded_at timestamptz,
    recorded_utc_offset_s integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((recorded_at IS NULL) = (recorded_utc_offset_s IS NULL)),
    CONSTRAINT recordings_same_sound UNIQUE NULLS NOT DISTINCT (sha256, site, recorded_at)
);
COMMENT ON COLUMN recordings.recorded_utc_offset_s IS 'the offset that the uploader gave: timestamptz keeps the instant only';
CREATE INDEX recordings_site ON recordings (site, id);
CREATE INDEX recordings_recorded_at ON recordings (recorded_at);

CREATE TABLE packs (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    license text NOT NULL,
    attribution text NOT NULL,
    manifest_sha256 text NOT NULL,
    window_s double precision NOT NULL CHECK (window_s > 0),
    frame_s double precision CHECK (frame_s > 0),
    rules jsonb NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (name, version)
);
COMMENT ON COLUMN packs.frame_s IS 'null: no framewise member, events are cut from window scores';

CREATE TABLE taxa (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    scientific_name text NOT NULL,
    common_name text NOT NULL,
    taxonomic_class text NOT NULL,
    UNIQUE (code, scientific_name, common_name, taxonomic_class)
);
COMMENT ON TABLE taxa IS 'output columns of packs; packs that agree on all four fields share a row';
CREATE INDEX taxa_scientific_name ON taxa (lower(scientific_name));
CREATE INDEX taxa_code ON taxa (lower(code));

CREATE TABLE pack_taxa (
    pack_id integer NOT NULL REFERENCES packs ON DELETE CASCADE,
    position integer NOT NULL,
    taxon_id integer NOT NULL REFERENCES taxa,
    PRIMARY KEY (pack_id, position)
);
CREATE INDEX pack_taxa_taxon ON pack_taxa (taxon_id);

-- Rows of analyses and segments are rewritten at every step of their life. Room on the page keeps the new version beside
-- the old one and out of the indexes (HOT).
CREATE TABLE analyses (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    recording_id uuid NOT NULL REFERENCES recordings ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'finished')),
    result text CHECK (result IN ('succeeded', 'partial', 'failed', 'cancelled')),
    pack_name text NOT NULL,
    pack_version text,
    settings jsonb NOT NULL,
    lane text NOT NULL CHECK (lane IN ('express', 'bulk')),
    segment_s numeric(14,6) NOT NULL CHECK (segment_s > 0),
    segments_total integer NOT NULL CHECK (segments_total > 0),
    provider text,
    revision bigint NOT NULL DEFAULT 0,
    retries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    CHECK ((state = 'finished') = (result IS NOT NULL)),
    CHECK ((state = 'finished') = (finished_at IS NOT NULL)),
    FOREIGN KEY (pack_name, pack_version) REFERENCES packs (name, version)
) WITH (fillfactor = 70);
COMMENT ON COLUMN analyses.pack_version IS 'null until a worker has saved the first segment: that one decides';
COMMENT ON COLUMN analyses.revision IS 'grows with every change that a user can see: the id of server-sent events';
CREATE INDEX analyses_recording ON analyses (recording_id);
CREATE INDEX analyses_unfinished ON analyses (created_at) WHERE state <> 'finished';

CREATE TABLE segments (
    analysis_id uuid NOT NULL REFERENCES analyses ON DELETE CASCADE,
    segment_index integer NOT NULL CHECK (segment_index >= 0),
    start_s numeric(14,6) NOT NULL CHECK (start_s >= 0),
    end_s numeric(14,6) NOT NULL CHECK (end_s > start_s),
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    error text,
    lost text,
    worker text,
    analyzed_s numeric(14,6) NOT NULL DEFAULT 0 CHECK (analyzed_s BETWEEN 0 AND end_s - start_s),
    failed_s numeric(14,6) GENERATED ALWAYS AS (
        CASE WHEN state IN ('queued', 'running') THEN 0 ELSE end_s - start_s - analyzed_s END
    ) VIRTUAL,
    first_window integer,
    n_windows integer,
    first_frame integer,
    n_frames integer,
    stage_s jsonb,
    queued_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (analysis_id, segment_index),
    CHECK (state = 'done' OR analyzed_s = 0),
    CHECK (state <> 'done' OR (first_window IS NOT NULL AND n_windows IS NOT NULL)),
    CHECK (state <> 'done' OR (first_frame IS NOT NULL AND n_frames IS NOT NULL)),
    CHECK (state <> 'failed' OR error IS NOT NULL),
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
) WITH (fillfactor = 70);
COMMENT ON COLUMN segments.error IS 'why it failed, or why it was last put back in the queue';
COMMENT ON COLUMN segments.lost IS 'why a done segment was not heard to its end (failed_s of it)';

CREATE TABLE timelines (
    analysis_id uuid NOT NULL,
    segment_index integer NOT NULL,
    taxon_id integer NOT NULL REFERENCES taxa,
    window_scores real[] NOT NULL,
    frame_scores bytea NOT NULL,
    peak real NOT NULL,
    PRIMARY KEY (analysis_id, segment_index, taxon_id),
    FOREIGN KEY (analysis_id, segment_index) REFERENCES segments ON DELETE CASCADE
);
COMMENT ON TABLE timelines IS 'taxa whose peak in the segment reached the floor; windows and frames are numbered from segments.first_*';
COMMENT ON COLUMN timelines.frame_scores IS 'unsigned 16-bit steps of 1/65535, little-endian; empty without framewise member';

CREATE TABLE detections (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    analysis_id uuid NOT NULL REFERENCES analyses ON DELETE CASCADE,
    recording_id uuid NOT NULL REFERENCES recordings ON DELETE CASCADE,
    taxon_id integer NOT NULL REFERENCES taxa,
    site text,
    onset_s numeric(14,6) NOT NULL,
    offset_s numeric(14,6) NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    confidence real NOT NULL,
    CHECK (offset_s > onset_s)
);
COMMENT ON COLUMN detections.site IS 'a copy of the recording''s, which never changes: for the index by site and time';
-- Undated detections sort before all time, so that one key pages through them all.
CREATE INDEX detections_time ON detections (coalesce(started_at, '-infinity'), id);
CREATE INDEX detections_taxon_time ON detections (taxon_id, coalesce(started_at, '-infinity'), id);
CREATE INDEX detections_site_time ON detections (site, coalesce(started_at, '-infinity'), id);
CREATE INDEX detections_recording ON detections (recording_id);
CREATE INDEX detections_analysis ON detections (analysis_id, taxon_id, onset_s);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    analysis_id uuid NOT NULL REFERENCES analyses ON DELETE CASCADE,
    segment_index integer NOT NULL,
    lane text NOT NULL CHECK (lane IN ('express', 'bulk')),
    delay_s double precision NOT NULL DEFAULT 0 CHECK (delay_s >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_analysis ON outbox (analysis_id);

CREATE FUNCTION notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('chorus_outbox', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox();

CREATE TABLE dead_letters (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    body bytea NOT NULL,
    reason text NOT NULL,
    analysis_id uuid,
    segment_index integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    requeued_at timestamptz,
    CHECK ((analysis_id IS NULL) = (segment_index IS NULL))
);
COMMENT ON TABLE dead_letters IS 'no foreign key: a letter outlives its analysis, and one that cannot be read has none';

CREATE TABLE api_keys (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL,
    prefix text NOT NULL,
    sha256 bytea NOT NULL UNIQUE CHECK (length(sha256) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'upload', 'admin']),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON COLUMN api_keys.prefix IS 'the first characters, by which an owner tells keys apart';

CREATE TABLE idempotency_keys (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    claim uuid NOT NULL DEFAULT uuidv7(),
    claimed_until timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    CHECK ((status IS NULL) = (headers IS NULL) AND (status IS NULL) = (body IS NULL))
);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

CREATE VIEW detections_named AS
SELECT
    d.id, d.analysis_id, d.recording_id, r.filename, d.site, r.latitude, r.longitude,
    t.code, t.scientific_name, t.common_name, t.taxonomic_class,
    d.onset_s, d.offset_s, d.started_at, d.ended_at, d.confidence,
    a.pack_name, a.pack_version
FROM detections AS d
JOIN taxa AS t ON t.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id;
COMMENT ON VIEW detections_named IS 'who sang when: detections with their names, places and times';

CREATE VIEW analyses_progress AS
SELECT
    a.id AS analysis_id, a.recording_id, r.filename, r.site, a.pack_name, a.state, a.result, a.lane, a.segments_total,
    count(*) FILTER (WHERE s.state = 'done') AS segments_done,
    count(*) FILTER (WHERE s.state IN ('failed', 'cancelled')) AS segments_failed,
    sum(s.end_s - s.start_s) AS duration_s,
    sum(s.analyzed_s) AS analyzed_s,
    sum(s.failed_s) AS failed_s,
    a.created_at, a.started_at, a.finished_at
FROM analyses AS a
JOIN recordings AS r ON r.id = a.recording_id
JOIN segments AS s ON s.analysis_id = a.id
GROUP BY a.id, r.id;
COMMENT ON VIEW analyses_progress IS 'the ledger: analyzed_s + failed_s = duration_s once an analysis is finished';
