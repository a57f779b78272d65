-- name: find_exhausted(express_s, bulk_s, max_attempts)
-- Running segments that were started too often and never ended. A lane without a number is left alone.
SELECT s.analysis_id, s.segment_index, s.attempts, a.lane
FROM analyses AS a JOIN segments AS s ON s.analysis_id = a.id
WHERE a.state <> 'finished' AND s.state = 'running' AND s.attempts > :max_attempts
    AND s.started_at <= clock_timestamp() - make_interval(
        secs => CASE a.lane WHEN 'express' THEN :express_s::double precision ELSE :bulk_s::double precision END
    );

-- name: requeue_idle(express_s, bulk_s, n)$
-- Queues segments without a waiting job again, oldest analyses first; returns how many. Untouched means: neither queued nor
-- started, nor a job of theirs published. During a backoff queued_at is in the future: it counts as changed just now.
WITH idle AS (
    SELECT s.analysis_id, s.segment_index, a.lane
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
    ORDER BY s.analysis_id, s.segment_index LIMIT :n
    FOR UPDATE OF s SKIP LOCKED
), queued AS (
    UPDATE segments AS s SET state = 'queued', queued_at = clock_timestamp()
    FROM idle AS i WHERE s.analysis_id = i.analysis_id AND s.segment_index = i.segment_index
), jobs AS (
    INSERT INTO outbox (analysis_id, segment_index, lane, turn)
    SELECT
        i.analysis_id, i.segment_index, i.lane,
        l.turn + row_number() OVER (PARTITION BY i.analysis_id ORDER BY i.segment_index) - 1
    FROM idle AS i JOIN outbox_lanes AS l ON l.lane = i.lane
    ORDER BY i.analysis_id, i.segment_index
)
SELECT count(*) FROM idle;
