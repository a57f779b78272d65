-- name: find_exhausted(express_s, bulk_s, max_attempts)
-- Running segments that were started too often and never ended. A lane without a number is left alone.
SELECT s.analysis_id, s.segment_index, s.attempts, a.lane
FROM analyses AS a JOIN segments AS s ON s.analysis_id = a.id
WHERE a.state <> 'finished' AND s.state = 'running' AND s.attempts > :max_attempts
    AND s.started_at <= clock_timestamp() - make_interval(
        secs => CASE a.lane WHEN 'express' THEN :express_s::double precision ELSE :bulk_s::double precision END
    );

-- name: find_idle(express_s, bulk_s, n)
-- Unfinished segments without a waiting job, oldest analyses first; their places among those of their analysis, from 0.
-- Untouched means: neither queued nor started, nor a job of theirs published. During a backoff queued_at is in the future: it
-- counts as changed just now.
SELECT
    s.analysis_id, s.segment_index, statement_timestamp() AS found_at,
    row_number() OVER (PARTITION BY s.analysis_id ORDER BY s.segment_index) - 1 AS place
FROM analyses AS a
JOIN segments AS s ON s.analysis_id = a.id
CROSS JOIN LATERAL (
    SELECT clock_timestamp() - make_interval(
        secs => CASE a.lane WHEN 'express' THEN :express_s::double precision ELSE :bulk_s::double precision END
    ) AS untouched_since
) AS t
WHERE a.state <> 'finished' AND s.state IN ('queued', 'running')
    AND greatest(least(s.queued_at, clock_timestamp()), s.started_at) <= t.untouched_since
    AND NOT EXISTS (
        SELECT FROM outbox AS o
        WHERE o.analysis_id = s.analysis_id AND o.segment_index = s.segment_index
            AND (o.published_at IS NULL OR o.published_at > t.untouched_since)
    )
ORDER BY s.analysis_id, s.segment_index LIMIT :n;

-- name: requeue_idle(found_at, analysis_ids, indexes, places)$
-- Queues these segments again if they were not touched since; returns how many. The analysis is locked first, as in every
-- transition; one that somebody changes just now is not idle.
WITH wanted AS (
    SELECT * FROM unnest(:analysis_ids::uuid[], :indexes::integer[], :places::bigint[]) AS t (
        analysis_id, segment_index, place
    )
), locked AS (
    SELECT id, lane FROM analyses
    WHERE id = ANY(:analysis_ids::uuid[]) AND state <> 'finished'
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
), queued AS (
    UPDATE segments AS s SET state = 'queued', queued_at = clock_timestamp()
    FROM wanted AS w JOIN locked AS a ON a.id = w.analysis_id
    WHERE s.analysis_id = w.analysis_id AND s.segment_index = w.segment_index AND s.state IN ('queued', 'running')
        AND greatest(least(s.queued_at, clock_timestamp()), s.started_at) <= :found_at
        AND NOT EXISTS (
            SELECT FROM outbox AS o
            WHERE o.analysis_id = s.analysis_id AND o.segment_index = s.segment_index
                AND (o.published_at IS NULL OR o.published_at > :found_at)
        )
    RETURNING s.analysis_id, s.segment_index, a.lane, w.place
), jobs AS (
    INSERT INTO outbox (analysis_id, segment_index, lane, turn)
    SELECT q.analysis_id, q.segment_index, q.lane, l.turn + q.place
    FROM queued AS q JOIN outbox_lanes AS l ON l.lane = q.lane
    ORDER BY q.analysis_id, q.segment_index
)
SELECT count(*) FROM queued;
