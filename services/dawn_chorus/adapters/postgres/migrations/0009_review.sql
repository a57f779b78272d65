-- Review and publish: reviews that outlive analyses, thresholds that come of them, and exports that are made as jobs.

-- First the locks, of readers, too, for a moment: nothing below takes long. What takes long, the next migration does. Whoever
-- is in the middle of writing ends it before anything here begins. They lock in many orders: as in 0006, all locks are given
-- back before waiting for one could be taken for a deadlock, here or in a worker that copies its events.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '300ms', true);
    LOOP
        BEGIN
            LOCK TABLE recordings, analyses IN SHARE ROW EXCLUSIVE MODE;
            LOCK TABLE detections IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            PERFORM pg_sleep(0.1);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END
$$;

-- == Reviews. They know the recording, the taxon and the span, never a detection: those change with every re-cut, retry and
-- pack, and take their ids with them.
CREATE TABLE reviews (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    recording_id uuid NOT NULL REFERENCES recordings ON DELETE CASCADE,
    scientific_name text NOT NULL,
    onset_ms integer NOT NULL CHECK (onset_ms >= 0),
    offset_ms integer NOT NULL CHECK (offset_ms > onset_ms),
    verdict text NOT NULL CHECK (verdict IN ('confirmed', 'rejected', 'uncertain')),
    corrected_taxon text CHECK (corrected_taxon IS NULL OR verdict = 'rejected'),
    note text NOT NULL DEFAULT '',
    reviewer text NOT NULL,
    strategy text CHECK (strategy IN ('highest', 'bands', 'random', 'first')),
    reviewed_at timestamptz NOT NULL DEFAULT now(),
    site text,
    started_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX reviews_event ON reviews (recording_id, scientific_name, onset_ms);
CREATE INDEX reviews_taxon ON reviews (scientific_name, id);
CREATE INDEX reviews_reviewer ON reviews (reviewer, id);
CREATE INDEX reviews_site ON reviews (site, id);
-- Lists of reviewed detections begin at the reviews, the latest first.
CREATE INDEX reviews_ended ON reviews (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX reviews_verdict_ended ON reviews (verdict, ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX reviews_taxon_ended ON reviews (scientific_name, ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX reviews_undated ON reviews (id) WHERE ended_at IS NULL;
CREATE INDEX reviews_length ON reviews ((offset_ms - onset_ms));
COMMENT ON TABLE reviews IS 'what people say of a taxon in a stretch of a recording; which one an event shows, review_of says';
COMMENT ON COLUMN reviews.onset_ms IS 'whole milliseconds from the recording''s start, offset_ms likewise';
COMMENT ON COLUMN reviews.corrected_taxon IS 'the scientific name of the taxon that is heard instead';
COMMENT ON COLUMN reviews.strategy IS 'how the event came before the reviewer; null: by no queue';
COMMENT ON COLUMN reviews.site IS 'a copy of the recording''s, as started_at and ended_at are of its start: kept by triggers, for the indexes';

CREATE FUNCTION place_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT
        site, recorded_at + NEW.onset_ms * interval '1 millisecond', recorded_at + NEW.offset_ms * interval '1 millisecond'
    INTO NEW.site, NEW.started_at, NEW.ended_at
    FROM recordings WHERE id = NEW.recording_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER review_placed BEFORE INSERT OR UPDATE ON reviews FOR EACH ROW EXECUTE FUNCTION place_review();
CREATE FUNCTION move_reviews() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reviews SET site = NEW.site WHERE recording_id = NEW.id; -- place_review does the rest
    RETURN NULL;
END
$$;
CREATE TRIGGER reviews_moved AFTER UPDATE OF site, recorded_at ON recordings FOR EACH ROW
    WHEN ((OLD.site, OLD.recorded_at) IS DISTINCT FROM (NEW.site, NEW.recorded_at)) EXECUTE FUNCTION move_reviews();

-- The review that an event shows: the largest overlap of at least half the shorter of the two, of equals the newest.
CREATE FUNCTION review_of(heard_in uuid, name text, from_s numeric, to_s numeric) RETURNS SETOF reviews
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT r.* FROM reviews AS r
    CROSS JOIN LATERAL (
        SELECT least(r.offset_ms, round(to_s * 1000)) - greatest(r.onset_ms, round(from_s * 1000)) AS ms
    ) AS shared
    WHERE r.recording_id = heard_in AND r.scientific_name = name AND r.onset_ms < to_s * 1000
        AND shared.ms > 0
        AND shared.ms * 2 >= least(r.offset_ms - r.onset_ms, round(to_s * 1000) - round(from_s * 1000))
    ORDER BY shared.ms DESC, r.reviewed_at DESC, r.id DESC
    LIMIT 1
$$;

-- == Thresholds that people chose, mostly after reviews.
CREATE TABLE thresholds (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    scientific_name text NOT NULL,
    site text,
    pack_name text NOT NULL,
    threshold double precision NOT NULL CHECK (threshold > 0 AND threshold <= 1),
    note text NOT NULL DEFAULT '',
    set_by text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT thresholds_key UNIQUE NULLS NOT DISTINCT (scientific_name, pack_name, site)
);
COMMENT ON TABLE thresholds IS 'the confidence from which events of a taxon count; that of a site goes before that of all';
COMMENT ON COLUMN thresholds.site IS 'null: at all sites';

-- The saved threshold that holds for a taxon, a pack and a site; no row: none was saved.
CREATE FUNCTION threshold_of(name text, pack text, at_site text) RETURNS SETOF thresholds
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT t.* FROM thresholds AS t
    WHERE t.scientific_name = name AND t.pack_name = pack AND (t.site IS NULL OR t.site = at_site)
    ORDER BY t.site NULLS LAST
    LIMIT 1
$$;

-- Whether an event is kept by saved thresholds, {pack: {taxon's id: {site: threshold}}}; the empty site stands for all. Null: it
-- is. Lists pass the few that are saved as one value, so that their plans stay what they are.
CREATE FUNCTION reaches_threshold(saved jsonb, pack text, taxon_id integer, at_site text, confidence real) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT confidence >= coalesce(
        saved -> pack -> taxon_id::text ->> coalesce(at_site, ''), saved -> pack -> taxon_id::text ->> '', '0'
    )::real
$$;

-- == Exports: files that are made in the background and kept for a while.
CREATE TABLE exports (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    format text NOT NULL,
    request jsonb NOT NULL,
    asked_by text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'ready', 'failed', 'cancelled', 'expired')),
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz,
    items_total integer,
    items_done integer NOT NULL DEFAULT 0,
    items_left_out integer NOT NULL DEFAULT 0,
    maker uuid,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    store_key text,
    filename text,
    size_bytes bigint,
    error text,
    revision bigint NOT NULL DEFAULT 0,
    CHECK (state <> 'ready' OR (store_key IS NOT NULL AND filename IS NOT NULL AND size_bytes IS NOT NULL)),
    CHECK (state <> 'failed' OR error IS NOT NULL)
);
CREATE INDEX exports_unfinished ON exports (created_at) WHERE state IN ('waiting', 'running');
CREATE INDEX exports_expiry ON exports (expires_at) WHERE state = 'ready';
CREATE INDEX exports_asked_by ON exports (asked_by);
COMMENT ON TABLE exports IS 'jobs taken by any API process by a lease; the file lies in the store until it expires';
COMMENT ON COLUMN exports.request IS 'the body of the POST that asked for it';
COMMENT ON COLUMN exports.asked_by IS 'the key, or the address where no key is required';
COMMENT ON COLUMN exports.items_left_out IS 'what could not be made; the file names each with the reason';
COMMENT ON COLUMN exports.revision IS 'goes up with everything that is shown, never with a lease alone';

-- The stream of events tells of exports, too.
ALTER TABLE changes ALTER COLUMN recording_id DROP NOT NULL, ADD COLUMN export_id uuid,
    ADD CONSTRAINT changes_thing CHECK (num_nonnulls(recording_id, export_id) = 1);

CREATE FUNCTION note_export() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (export_id, is_deleted)
    VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END, TG_OP = 'DELETE');
    RETURN NULL;
END
$$;
CREATE TRIGGER export_noted AFTER INSERT OR DELETE ON exports FOR EACH ROW EXECUTE FUNCTION note_export();
CREATE TRIGGER export_change_noted AFTER UPDATE OF revision ON exports FOR EACH ROW
    WHEN (OLD.revision <> NEW.revision) EXECUTE FUNCTION note_export();

-- == Which events show a review, so that queues pass over them in their indexes. Two triggers keep it, whoever writes.
ALTER TABLE detections ADD COLUMN is_reviewed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN detections.is_reviewed IS
    'whether review_of has a row for it; of analyses that count, and once their recording was reviewed of all it had then';

-- Marks the events of a taxon in a stretch of a recording anew. With the recording's lock, which whoever finishes an
-- analysis holds too: of a review and new events the second sees the first.
-- By the index on recordings alone: combined with one on taxa, 140,000 entries of a common taxon were read for each review.
CREATE FUNCTION mark_reviewed(heard_in uuid, name text, from_ms integer, to_ms integer) RETURNS void
LANGUAGE plpgsql SET enable_bitmapscan = off AS $$
BEGIN
    PERFORM FROM recordings WHERE id = heard_in FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN; -- it is being deleted, and its events with it
    END IF;
    UPDATE detections AS d SET is_reviewed = NOT d.is_reviewed
    WHERE d.recording_id = heard_in AND d.taxon_id IN (
            SELECT id FROM taxa WHERE lower(scientific_name) = lower(name) AND scientific_name = name
        )
        AND d.onset_s * 1000 < to_ms AND d.offset_s * 1000 > from_ms
        AND d.is_reviewed <> EXISTS (SELECT FROM review_of(heard_in, name, d.onset_s, d.offset_s));
END
$$;
CREATE FUNCTION note_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM mark_reviewed(OLD.recording_id, OLD.scientific_name, OLD.onset_ms, OLD.offset_ms);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM mark_reviewed(NEW.recording_id, NEW.scientific_name, NEW.onset_ms, NEW.offset_ms);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER review_noted AFTER INSERT OR DELETE OR UPDATE OF recording_id, scientific_name, onset_ms, offset_ms
    ON reviews FOR EACH ROW EXECUTE FUNCTION note_review();

-- An analysis begins to count in the transaction that made its events, with the recording's lock.
CREATE FUNCTION mark_counted() RETURNS trigger LANGUAGE plpgsql SET enable_bitmapscan = off AS $$
BEGIN
    UPDATE detections AS d SET is_reviewed = true
    FROM (SELECT DISTINCT scientific_name FROM reviews WHERE recording_id = NEW.recording_id) AS reviewed
    JOIN taxa AS x
        ON lower(x.scientific_name) = lower(reviewed.scientific_name) AND x.scientific_name = reviewed.scientific_name
    WHERE d.analysis_id = NEW.analysis_id AND d.taxon_id = x.id AND NOT d.is_reviewed
        AND EXISTS (SELECT FROM review_of(d.recording_id, reviewed.scientific_name, d.onset_s, d.offset_s));
    RETURN NULL;
END
$$;
CREATE TRIGGER counted_analysis_marked AFTER INSERT OR UPDATE ON current_analyses
    FOR EACH ROW EXECUTE FUNCTION mark_counted();

-- == Human voices, which lists leave out on request: candidates of the rule in domain/taxonomy.
CREATE INDEX taxa_voices ON taxa (id)
WHERE lower(scientific_name) ~ '^(human|homo|speech)' OR lower(common_name) ~ '^(human|homo|speech)';

-- == The analyses with a pack that count and overlap a span, for what is added up over them. The bounds are instants, and
-- what each recorder's clock shows; null: none. undated: only those of recordings without a time. from_time and to_time are
-- those of the recording, is_within: no bound cuts it, starts_s: its start by the recorder's clock, in seconds since 1800,
-- before sound was first recorded.
CREATE FUNCTION analyses_in_span(
    pack text, at_site text, from_instant timestamptz, to_instant timestamptz, from_clock timestamp, to_clock timestamp,
    undated boolean
) RETURNS TABLE (
    analysis_id uuid, recording_id uuid, site text, starts_s numeric, ends_s numeric, clock_s float8,
    from_time timestamptz, to_time timestamptz, is_within boolean
) LANGUAGE sql STABLE AS $$
    SELECT
        c.analysis_id, r.id, r.site,
        extract(epoch FROM r.recorded_at) + r.recorded_utc_offset_s + 5364662400,
        extract(epoch FROM r.recorded_at) + r.recorded_utc_offset_s + 5364662400 + r.duration_s,
        r.recorded_utc_offset_s + 5364662400::float8,
        bound.from_time, bound.to_time,
        coalesce(r.recorded_at >= bound.from_time, true) AND coalesce(bound.ended_at <= bound.to_time, true)
    FROM recordings AS r
    JOIN current_analyses AS c ON c.recording_id = r.id AND c.pack_name = pack
    CROSS JOIN LATERAL (
        SELECT
            greatest(from_instant, (from_clock - make_interval(secs => r.recorded_utc_offset_s)) AT TIME ZONE 'UTC')
            AS from_time,
            least(to_instant, (to_clock - make_interval(secs => r.recorded_utc_offset_s)) AT TIME ZONE 'UTC')
            AS to_time,
            r.recorded_at + make_interval(secs => r.duration_s::float8) AS ended_at
    ) AS bound
    WHERE (at_site IS NULL OR r.site = at_site) AND (NOT undated OR r.recorded_at IS NULL)
        AND (coalesce(from_instant::timestamp, from_clock) IS NULL OR bound.ended_at > bound.from_time)
        AND (coalesce(to_instant::timestamp, to_clock) IS NULL OR r.recorded_at < bound.to_time)
$$;

GRANT SELECT ON reviews, thresholds TO reader;
