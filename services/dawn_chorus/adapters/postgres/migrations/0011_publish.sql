-- Lists of what was reviewed, overviews and exports at ten million detections. Indexes take a while to build; readers go on
-- meanwhile. The lock is taken as in 0009.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '300ms', true);
    LOOP
        BEGIN
            LOCK TABLE recordings, detections IN SHARE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            PERFORM pg_sleep(0.1);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END
$$;

-- Where the file of an export is asked for. One that is removed leaves no row.
ALTER TABLE exports ADD COLUMN address text NOT NULL DEFAULT '';
DELETE FROM exports WHERE state = 'cancelled';
ALTER TABLE exports DROP CONSTRAINT exports_state_check;
ALTER TABLE exports ADD CONSTRAINT exports_state_check
    CHECK (state IN ('waiting', 'running', 'ready', 'failed', 'expired'));

-- Reviews of a site, and of a taxon there, those first that end last; and those without a time, by taxon.
CREATE INDEX reviews_site_ended ON reviews (site, ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX reviews_site_taxon_ended ON reviews (site, scientific_name, ended_at, id) WHERE ended_at IS NOT NULL;
DROP INDEX reviews_undated;
CREATE INDEX reviews_undated ON reviews (scientific_name, id) WHERE ended_at IS NULL;
-- What reviews tell of a site or a month begins at the events that show one.
CREATE INDEX detections_reviewed_analysis ON detections (analysis_id) WHERE is_reviewed;
-- Taxa by their common names, as by their codes and scientific names.
CREATE INDEX taxa_common_name ON taxa (lower(common_name));
-- How long the longest recording is, which bounds where those begin that reach into a span.
CREATE INDEX recordings_duration ON recordings (duration_s);
CREATE FUNCTION longest_recording() RETURNS interval LANGUAGE sql STABLE AS $$
    SELECT make_interval(secs => max(duration_s)::float8) FROM recordings
$$;

-- As in 0009; what an index knows is asked first.
CREATE OR REPLACE FUNCTION analyses_in_span(
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
        -- First what an index knows: nothing begins earlier than the longest recording is long, and no clock is a day off.
        AND (
            coalesce(from_instant::timestamp, from_clock) IS NULL
            OR r.recorded_at > greatest(from_instant, (from_clock - interval '1 day') AT TIME ZONE 'UTC')
            - (SELECT longest_recording())
        )
        AND (
            coalesce(to_instant::timestamp, to_clock) IS NULL
            OR r.recorded_at < least(to_instant, (to_clock + interval '1 day') AT TIME ZONE 'UTC')
        )
        AND (coalesce(from_instant::timestamp, from_clock) IS NULL OR bound.ended_at > bound.from_time)
        AND (coalesce(to_instant::timestamp, to_clock) IS NULL OR r.recorded_at < bound.to_time)
$$;

-- The surest of a taxon at a site: with the site in the index, those elsewhere are passed over in it. 8 bytes a detection.
-- Readers wait for the last two lines only.
CREATE INDEX detections_taxon_confidence_site ON detections (taxon_id, confidence DESC, id) INCLUDE (site);
DROP INDEX detections_taxon_confidence;
ALTER INDEX detections_taxon_confidence_site RENAME TO detections_taxon_confidence;
