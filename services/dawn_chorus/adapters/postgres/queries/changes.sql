-- name: look(seen)^
-- What was committed since the snapshot `seen`, and the snapshot of this look; null: nothing, for a first look. A statement
-- sees one snapshot, and pg_current_snapshot is that one. Not committed then were transactions that ran, and those that had
-- not begun; rows of the future came with a backup of another server.
WITH news AS (
    SELECT recording_id, analysis_id, export_id, is_deleted FROM changes
    WHERE xid >= pg_snapshot_xmax(:seen::pg_snapshot) AND xid < pg_snapshot_xmax(pg_current_snapshot())
    UNION ALL
    SELECT recording_id, analysis_id, export_id, is_deleted FROM changes
    WHERE xid = ANY(ARRAY(SELECT pg_snapshot_xip(:seen::pg_snapshot)))
)
SELECT
    pg_current_snapshot()::text AS seen, clock_timestamp() AS at,
    pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax(:seen::pg_snapshot) AS is_older,
    ARRAY(SELECT DISTINCT recording_id FROM news WHERE analysis_id IS NULL AND export_id IS NULL AND NOT is_deleted ORDER BY 1)
        AS recording_ids,
    ARRAY(SELECT DISTINCT analysis_id FROM news WHERE analysis_id IS NOT NULL ORDER BY 1) AS analysis_ids,
    ARRAY(SELECT DISTINCT recording_id FROM news WHERE is_deleted AND export_id IS NULL ORDER BY 1) AS deleted_ids,
    ARRAY(SELECT DISTINCT export_id FROM news WHERE export_id IS NOT NULL ORDER BY 1) AS export_ids;

-- name: unfinished_after(created_at, analysis_id, n)
-- By the index of unfinished analyses, oldest first.
SELECT id, created_at FROM analyses
WHERE state <> 'finished' AND (
    :created_at::timestamptz IS NULL
    OR (created_at, id) > (:created_at::timestamptz, :analysis_id::uuid)
)
ORDER BY created_at, id
LIMIT :n;

-- name: delete_old(kept)!
DELETE FROM changes WHERE at < now() - :kept::interval;
