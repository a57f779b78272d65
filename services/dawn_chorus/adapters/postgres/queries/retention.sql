-- name: read_clock()$
SELECT clock_timestamp();

-- name: find_best(n, site)
-- The n recordings with audio in which each taxon was heard most confidently; of equal ones the older.
WITH heard AS (
    SELECT d.taxon_id, d.recording_id, max(d.confidence) AS confidence
    FROM detections AS d JOIN recordings AS r ON r.id = d.recording_id
    WHERE r.audio_removed_at IS NULL AND (:site::text IS NULL OR r.site = :site::text)
    GROUP BY d.taxon_id, d.recording_id
), ranked AS (
    SELECT recording_id, row_number() OVER (PARTITION BY taxon_id ORDER BY confidence DESC, recording_id) AS place
    FROM heard
)
SELECT DISTINCT recording_id FROM ranked WHERE place <= :n;

-- name: find_old(audio_before, results_before, stored_before, settled_before, site, after_id, n)
-- In order of their ids. A date that is null lets nothing go. Analyses are looked up one recording at a time: how few
-- rows there will be is hidden from the planner, who would read all of them.
SELECT
    r.id, r.site, r.duration_s, dated.made_at,
    CASE WHEN r.audio_removed_at IS NULL THEN r.size_bytes ELSE 0 END AS size_bytes,
    coalesce(dated.made_at < :results_before::timestamptz, false) AS with_results,
    coalesce(a.is_busy, false) AS is_busy, coalesce(a.is_analyzed, false) AS is_analyzed
FROM recordings AS r
CROSS JOIN LATERAL (SELECT coalesce(r.recorded_at, r.created_at) AS made_at) AS dated
LEFT JOIN LATERAL (
    SELECT
        bool_or(state <> 'finished' OR finished_at >= :settled_before) AS is_busy,
        bool_or(coalesce(result = 'succeeded', false)) AS is_analyzed
    FROM analyses WHERE recording_id = r.id
) AS a ON true
WHERE r.id > :after_id
    AND (:site::text IS NULL OR r.site = :site::text)
    AND coalesce(r.audio_restored_at, r.created_at) < :stored_before
    AND (
        dated.made_at < :results_before::timestamptz
        OR (r.audio_removed_at IS NULL AND dated.made_at < :audio_before::timestamptz)
    )
ORDER BY r.id LIMIT :n;

-- name: lock_analyses(ids)
-- Analyses before recordings, as everybody locks.
SELECT id FROM analyses WHERE recording_id = ANY(:ids::uuid[]) ORDER BY id FOR UPDATE;

-- name: lock_recordings(ids, settled_before)
-- But not those whose audio came back meanwhile.
SELECT id FROM recordings
WHERE id = ANY(:ids::uuid[]) AND (audio_restored_at IS NULL OR audio_restored_at < :settled_before)
ORDER BY id FOR UPDATE;

-- name: find_busy(ids, settled_before)
SELECT DISTINCT recording_id FROM analyses
WHERE recording_id = ANY(:ids::uuid[]) AND (state <> 'finished' OR finished_at >= :settled_before);

-- name: remove_audio(ids)!
WITH removed AS (
    UPDATE recordings SET audio_removed_at = clock_timestamp()
    WHERE id = ANY(:ids::uuid[]) AND audio_removed_at IS NULL
    RETURNING store_key, size_bytes
)
INSERT INTO audio_to_delete (store_key, size_bytes) SELECT store_key, size_bytes FROM removed;

-- name: remove_recordings(ids)!
WITH removed AS (
    DELETE FROM recordings WHERE id = ANY(:ids::uuid[]) RETURNING store_key, size_bytes, audio_removed_at
)
INSERT INTO audio_to_delete (store_key, size_bytes)
SELECT store_key, size_bytes FROM removed WHERE audio_removed_at IS NULL;
