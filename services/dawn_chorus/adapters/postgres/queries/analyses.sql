-- name: insert_analysis(recording_id, pack_name, settings, lane, segment_s, segments_total)$
INSERT INTO analyses (recording_id, pack_name, settings, lane, segment_s, segments_total)
VALUES (:recording_id, :pack_name, :settings, :lane, :segment_s, :segments_total)
RETURNING id;

-- name: insert_segments(analysis_id, lane, indexes, starts_s, ends_s)!
-- Segments and their jobs, in one statement.
WITH planned AS (
    INSERT INTO segments (analysis_id, segment_index, start_s, end_s)
    SELECT :analysis_id, i, start_s, end_s
    FROM unnest(:indexes::integer[], :starts_s::numeric[], :ends_s::numeric[]) AS t (i, start_s, end_s)
    RETURNING segment_index
)
INSERT INTO outbox (analysis_id, segment_index, lane, turn)
SELECT
    :analysis_id, segment_index, :lane,
    (SELECT turn FROM outbox_lanes WHERE lane = :lane) + row_number() OVER (ORDER BY segment_index) - 1
FROM planned ORDER BY segment_index;

-- name: get_analyses(analysis_ids, recording_ids)
-- By their own ids or those of their recordings, oldest first. If the pack is not pinned yet, the license is that of
-- its newest version.
SELECT a.*, p.license AS pack_license, p.attribution AS pack_attribution, r.audio_removed_at
FROM analyses AS a
JOIN recordings AS r ON r.id = a.recording_id
LEFT JOIN LATERAL (
    SELECT license, attribution FROM packs
    WHERE name = a.pack_name AND version = coalesce(a.pack_version, version)
    ORDER BY id DESC LIMIT 1
) AS p ON true
WHERE a.id = ANY(:analysis_ids::uuid[]) OR a.recording_id = ANY(:recording_ids::uuid[])
ORDER BY a.id;

-- name: get_ledgers(analysis_ids)
-- Sums of the seconds of analyses; seconds_per_audio_second is work per audio, over the done segments.
SELECT
    analysis_id,
    count(*) FILTER (WHERE state = 'done') AS segments_done,
    count(*) FILTER (WHERE state IN ('failed', 'cancelled')) AS segments_failed,
    count(*) FILTER (WHERE state = 'running') AS segments_running,
    count(*) FILTER (WHERE failed_s > 0) AS failures,
    sum(end_s - start_s) AS duration_s,
    sum(analyzed_s) AS analyzed_s,
    sum(failed_s) AS failed_s,
    coalesce(sum(end_s - start_s) FILTER (WHERE state IN ('queued', 'running')), 0) AS remaining_s,
    sum(extract(epoch FROM finished_at - started_at)) FILTER (WHERE state = 'done')
    / sum(end_s - start_s) FILTER (WHERE state = 'done') AS seconds_per_audio_second
FROM segments WHERE analysis_id = ANY(:analysis_ids::uuid[])
GROUP BY analysis_id;

-- name: get_revision(analysis_id)$
SELECT revision FROM analyses WHERE id = :analysis_id;

-- name: oldest_unfinished_s()$
SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM analyses WHERE state <> 'finished';

-- name: lock_analysis(analysis_id)^
-- The first step of every transition: of many workers exactly one sees the last segment become final.
SELECT * FROM analyses WHERE id = :analysis_id FOR NO KEY UPDATE;

-- name: cancel_segments(analysis_id, reason)!
WITH unsent AS (DELETE FROM outbox WHERE analysis_id = :analysis_id AND published_at IS NULL)
UPDATE segments SET state = 'cancelled', error = :reason, finished_at = clock_timestamp()
WHERE analysis_id = :analysis_id AND state IN ('queued', 'running');

-- name: requeue_segments(analysis_id, lane, only_index)$
-- Queues failed and cancelled segments again, with attempts reset to 0; returns how many. Where none is done, what was said
-- of the analysis as a whole goes too.
WITH requeued AS (
    UPDATE segments
    SET state = 'queued', attempts = 0, error = NULL, worker = NULL,
        queued_at = clock_timestamp(), started_at = NULL, finished_at = NULL
    WHERE analysis_id = :analysis_id AND state IN ('failed', 'cancelled')
        AND segment_index = coalesce(:only_index::integer, segment_index)
    RETURNING segment_index
), found AS (
    DELETE FROM lost_stretches AS l USING requeued AS q
    WHERE l.analysis_id = :analysis_id AND l.segment_index = q.segment_index
), warned AS (
    DELETE FROM segment_warnings AS w USING requeued AS q
    WHERE w.analysis_id = :analysis_id AND (
        w.segment_index = q.segment_index
        OR (w.segment_index IS NULL AND NOT EXISTS (
            SELECT FROM segments AS s WHERE s.analysis_id = :analysis_id AND s.state = 'done'
        ))
    )
), jobs AS (
    INSERT INTO outbox (analysis_id, segment_index, lane, turn)
    SELECT
        :analysis_id, segment_index, :lane,
        (SELECT turn FROM outbox_lanes WHERE lane = :lane) + row_number() OVER (ORDER BY segment_index) - 1
    FROM requeued ORDER BY segment_index
)
SELECT count(*) FROM requeued;

-- name: resume_analysis(analysis_id)!
-- A finished analysis is running again. The pack's version is unpinned unless some segments keep their results.
UPDATE analyses AS a
SET state = CASE state WHEN 'finished' THEN 'running' ELSE state END,
    result = NULL, finished_at = NULL, retries = retries + 1, revision = revision + 1,
    pack_version = CASE WHEN EXISTS (
        SELECT FROM segments AS s WHERE s.analysis_id = a.id AND s.state = 'done'
    ) THEN pack_version END
WHERE id = :analysis_id;
