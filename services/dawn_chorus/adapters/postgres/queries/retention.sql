-- name: read_clock()$
SELECT clock_timestamp();

-- name: find_best(n)
-- For each taxon the n recordings with audio that have its most confident detections; of equal ones the older. Counts
-- the analyses that count in lists. Each recording is the best one that is not yet found, from the top of an index.
WITH RECURSIVE best AS (
    SELECT x.id AS taxon_id, ARRAY[top.recording_id] AS found
    FROM taxa AS x
    CROSS JOIN LATERAL (
        SELECT recording_id FROM detections AS d
        WHERE taxon_id = x.id
            AND EXISTS (SELECT FROM current_analyses AS c WHERE c.analysis_id = d.analysis_id)
            AND EXISTS (SELECT FROM recordings AS r WHERE r.id = d.recording_id AND r.audio_removed_at IS NULL)
        ORDER BY confidence DESC, recording_id LIMIT 1
    ) AS top
    WHERE :n > 0
    UNION ALL
    SELECT best.taxon_id, best.found || top.recording_id
    FROM best
    CROSS JOIN LATERAL (
        SELECT recording_id FROM detections AS d
        WHERE taxon_id = best.taxon_id AND recording_id <> ALL(best.found)
            AND EXISTS (SELECT FROM current_analyses AS c WHERE c.analysis_id = d.analysis_id)
            AND EXISTS (SELECT FROM recordings AS r WHERE r.id = d.recording_id AND r.audio_removed_at IS NULL)
        ORDER BY confidence DESC, recording_id LIMIT 1
    ) AS top
    WHERE cardinality(best.found) < :n
)
SELECT DISTINCT unnest(found) AS recording_id FROM best;

-- name: find_best_of_site(n, site)
-- As above, of one site: few rows of a taxon are, so that all of the site are read.
WITH best_of_recording AS (
    SELECT d.taxon_id, d.recording_id, max(d.confidence) AS confidence
    FROM detections AS d
    WHERE d.site = :site
        AND EXISTS (SELECT FROM current_analyses AS c WHERE c.analysis_id = d.analysis_id)
        AND EXISTS (SELECT FROM recordings AS r WHERE r.id = d.recording_id AND r.audio_removed_at IS NULL)
    GROUP BY d.taxon_id, d.recording_id
), ranked AS (
    SELECT recording_id, row_number() OVER (PARTITION BY taxon_id ORDER BY confidence DESC, recording_id) AS place
    FROM best_of_recording
)
SELECT DISTINCT recording_id FROM ranked WHERE place <= :n;

-- name: find_old(audio_before, results_before, stored_before, settled_before, site, after_id, n)
-- In order of ids. A date that is null removes nothing. Analyses are looked up per recording: the planner cannot
-- estimate how few rows match, and would otherwise read all analyses.
SELECT
    r.id, r.site, r.duration_s, dated.made_at,
    CASE WHEN r.audio_removed_at IS NULL THEN r.size_bytes ELSE 0 END AS size_bytes,
    coalesce(dated.made_at < :results_before::timestamptz, false) AS with_results,
    coalesce(a.is_busy, false) AS is_busy, coalesce(a.is_analyzed, false) AS is_analyzed,
    v.reviews, coalesce(v.is_confirmed, false) AS is_confirmed
FROM recordings AS r
CROSS JOIN LATERAL (SELECT coalesce(r.recorded_at, r.created_at) AS made_at) AS dated
LEFT JOIN LATERAL (
    SELECT
        bool_or(state <> 'finished' OR finished_at >= :settled_before) AS is_busy,
        bool_or(coalesce(result = 'succeeded', false)) AS is_analyzed
    FROM analyses WHERE recording_id = r.id
) AS a ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS reviews, bool_or(verdict = 'confirmed' OR corrected_taxon IS NOT NULL) AS is_confirmed
    FROM reviews WHERE recording_id = r.id
) AS v
WHERE r.id > :after_id
    AND (:site::text IS NULL OR r.site = :site::text)
    AND coalesce(r.audio_restored_at, r.created_at) < :stored_before
    AND (
        dated.made_at < :results_before::timestamptz
        OR (r.audio_removed_at IS NULL AND dated.made_at < :audio_before::timestamptz)
    )
ORDER BY r.id LIMIT :n;

-- name: lock_analyses(ids)
-- Analyses before recordings, the locking order of all transactions; shared with whoever only refers to them.
SELECT id FROM analyses WHERE recording_id = ANY(:ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: lock_recordings(ids, settled_before)
-- Not those whose audio was restored meanwhile.
SELECT id FROM recordings
WHERE id = ANY(:ids::uuid[]) AND (audio_restored_at IS NULL OR audio_restored_at < :settled_before)
ORDER BY id FOR UPDATE;

-- name: find_busy(ids, settled_before)
SELECT DISTINCT recording_id FROM analyses
WHERE recording_id = ANY(:ids::uuid[]) AND (state <> 'finished' OR finished_at >= :settled_before);

-- name: find_confirmed(ids)
-- Of recordings that are locked: nobody reviews them meanwhile.
SELECT DISTINCT recording_id FROM reviews
WHERE recording_id = ANY(:ids::uuid[]) AND (verdict = 'confirmed' OR corrected_taxon IS NOT NULL);

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
