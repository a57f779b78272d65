-- Doors and load: an outbox with lanes, packs known by all their files, lists that stay fast at ten million detections.

-- First of all the locks, in the order in which everybody takes theirs: whoever is in the middle of writing ends it before
-- anything here begins, and whoever comes waits until all of it has ended. Readers go on.
LOCK TABLE recordings IN SHARE ROW EXCLUSIVE MODE;
LOCK TABLE analyses, segments, timelines, lost_stretches, segment_warnings, detections, outbox IN EXCLUSIVE MODE;

-- == Lists. The bench `lists` measures with and without.
CREATE INDEX detections_site_taxon_time ON detections (site, taxon_id, coalesce(started_at, '-infinity'), id);
CREATE INDEX detections_taxon_confidence ON detections (taxon_id, confidence DESC, id);
-- A tenth of the rows, for lists of sure detections. With the confidence as their last column a higher bound is tested in
-- the index; lists without a hit read all of it, and so there is a small one for those that may have none at all.
CREATE INDEX detections_sure_taxon_time ON detections (taxon_id, coalesce(started_at, '-infinity'), id, confidence)
    WHERE confidence >= 0.8::real;
CREATE INDEX detections_sure_time ON detections (coalesce(started_at, '-infinity'), id, confidence)
    WHERE confidence >= 0.8::real;
CREATE INDEX detections_sure_site_time ON detections (site, coalesce(started_at, '-infinity'), id, confidence)
    WHERE confidence >= 0.8::real;
CREATE INDEX detections_surest_time ON detections (coalesce(started_at, '-infinity'), id, confidence)
    WHERE confidence >= 0.98::real;
-- An equal value of all rows of an analysis is stored once.
CREATE INDEX detections_of_analysis ON detections (analysis_id);

-- == The outbox. Only relays read it.
CREATE TABLE outbox_lanes (
    lane text PRIMARY KEY CHECK (lane IN ('express', 'bulk')),
    turn bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO outbox_lanes (lane) VALUES ('express'), ('bulk');
COMMENT ON COLUMN outbox_lanes.turn IS
    'where a new analysis enters the lane: behind what is published, and level with the next job of everybody who waits';

ALTER TABLE outbox
    ADD COLUMN turn bigint,
    ADD COLUMN available_at timestamptz;
COMMENT ON COLUMN outbox.turn IS
    'jobs of a lane are published in this order, then by id; those of one analysis have successive turns, so analyses alternate';
COMMENT ON COLUMN outbox.available_at IS 'a retry is not published before; null: it takes part in its lane';
UPDATE outbox AS o
SET turn = ranked.turn,
    available_at = CASE WHEN o.delay_s > 0 THEN o.created_at + make_interval(secs => o.delay_s) END
FROM (
    SELECT id, row_number() OVER (PARTITION BY analysis_id ORDER BY id) - 1 AS turn
    FROM outbox WHERE published_at IS NULL
) AS ranked
WHERE o.id = ranked.id;
DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (lane, turn, id) WHERE published_at IS NULL AND available_at IS NULL;
DROP INDEX outbox_analysis;
CREATE INDEX outbox_segment ON outbox (analysis_id, segment_index);
CREATE INDEX outbox_delayed ON outbox (available_at) WHERE published_at IS NULL AND available_at IS NOT NULL;

-- Jobs of workers and APIs of the version before this one: segments of a recording, and retries.
CREATE FUNCTION place_in_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.turn := (SELECT turn FROM outbox_lanes WHERE lane = NEW.lane);
    IF NEW.delay_s > 0 THEN
        NEW.available_at := clock_timestamp() + make_interval(secs => NEW.delay_s);
    ELSE
        NEW.turn := NEW.turn + NEW.segment_index;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER outbox_placed BEFORE INSERT ON outbox FOR EACH ROW
    WHEN (NEW.turn IS NULL) EXECUTE FUNCTION place_in_lane();

-- == Tables that the API reads. Nothing below takes long, but it keeps readers out, too. These lock in many orders: whoever
-- waits for them gives its locks back before it could be taken for a deadlock, and the indexes with it be lost.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '300ms', true);
    LOOP
        BEGIN
            LOCK TABLE segments, timelines, lost_stretches, segment_warnings, detections IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            PERFORM pg_sleep(0.1);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END
$$;

DROP INDEX detections_analysis;
ALTER INDEX detections_of_analysis RENAME TO detections_analysis;

-- Rows of segments go with their analysis, in one statement a table: by their segment it took three for each. No segment is
-- ever deleted alone. NOT VALID, because the rows that are there need no check: they had the stricter constraint until now.
ALTER TABLE timelines
    DROP CONSTRAINT timelines_analysis_id_segment_index_fkey,
    ADD CONSTRAINT timelines_analysis FOREIGN KEY (analysis_id) REFERENCES analyses ON DELETE CASCADE NOT VALID;
ALTER TABLE lost_stretches
    DROP CONSTRAINT lost_stretches_analysis_id_segment_index_fkey,
    ADD CONSTRAINT lost_stretches_analysis FOREIGN KEY (analysis_id) REFERENCES analyses ON DELETE CASCADE NOT VALID;
ALTER TABLE segment_warnings DROP CONSTRAINT segment_warnings_analysis_id_segment_index_fkey;
-- So that even a cancellation, which rewrites all rows of a page at once, finds room on it: half the time.
ALTER TABLE segments SET (fillfactor = 45);
