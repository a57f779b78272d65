-- name: lock_bytes_of(recording_ids)!
-- As lock_bytes, of the bytes of all of these recordings; in one order, so that two who lock many never deadlock.
SELECT pg_advisory_xact_lock(hashtextextended(sha256, 0))
FROM (SELECT DISTINCT sha256 FROM recordings WHERE id = ANY(:recording_ids::uuid[]) ORDER BY sha256) AS bytes;

-- name: lock_analyses_of(recording_ids)
-- In the order in which workers lock, analyses before recordings, so that the two never deadlock. Shared with whoever only
-- refers to them: when one analysis ceases to count, current_analyses refers to another.
SELECT id FROM analyses WHERE recording_id = ANY(:recording_ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: lock_recordings(recording_ids)
-- Their audio cannot be removed nor their place changed until the end of the transaction.
SELECT * FROM recordings WHERE id = ANY(:recording_ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: find_twins(recording_ids, sha256s, sites, recorded_ats)
-- Recordings that are none of these, and have the bytes, site and start that one of these gets.
SELECT c.id, r.id AS twin_id
FROM unnest(:recording_ids::uuid[], :sha256s::text[], :sites::text[], :recorded_ats::timestamptz[])
    AS c (id, sha256, site, recorded_at)
JOIN recordings AS r ON r.sha256 = c.sha256 AND r.site IS NOT DISTINCT FROM c.site
    AND r.recorded_at IS NOT DISTINCT FROM c.recorded_at
WHERE r.id <> ALL(:recording_ids::uuid[]);

-- name: write_places(recording_ids, sites, latitudes, longitudes, recorded_ats, utc_offsets_s)
UPDATE recordings AS r
SET site = c.site, latitude = c.latitude, longitude = c.longitude,
    recorded_at = c.recorded_at, recorded_utc_offset_s = c.utc_offset_s
FROM unnest(
    :recording_ids::uuid[], :sites::text[], :latitudes::double precision[], :longitudes::double precision[],
    :recorded_ats::timestamptz[], :utc_offsets_s::integer[]
) AS c (id, site, latitude, longitude, recorded_at, utc_offset_s)
WHERE r.id = c.id
RETURNING r.*;

-- name: move_detections(recording_ids, sites, recorded_ats)!
UPDATE detections AS d
SET site = c.site,
    started_at = c.recorded_at + make_interval(secs => d.onset_s::double precision),
    ended_at = c.recorded_at + make_interval(secs => d.offset_s::double precision)
FROM unnest(:recording_ids::uuid[], :sites::text[], :recorded_ats::timestamptz[]) AS c (recording_id, site, recorded_at)
WHERE d.recording_id = c.recording_id;

-- name: warn_filtered_analyses(recording_ids, placeless_ids, code, detail)!
-- Once those whose occurrence filter has seen the place: of what is not started yet, the worker will read the new one; but
-- where there is none any more, it will leave nothing out. A bound of 0 leaves nothing out either.
WITH warned AS (
    INSERT INTO segment_warnings (analysis_id, code, detail)
    SELECT a.id, :code, :detail FROM analyses AS a
    WHERE a.recording_id = ANY(:recording_ids::uuid[]) AND (a.settings ->> 'occurrence_min')::double precision > 0
        AND (
            a.recording_id = ANY(:placeless_ids::uuid[])
            OR EXISTS (SELECT FROM segments AS s WHERE s.analysis_id = a.id AND s.state IN ('running', 'done'))
        )
        AND NOT EXISTS (SELECT FROM segment_warnings AS w WHERE w.analysis_id = a.id AND w.code = :code)
    RETURNING analysis_id
)
UPDATE analyses SET revision = revision + 1 WHERE id IN (SELECT analysis_id FROM warned);
