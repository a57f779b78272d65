-- name: find_exhausted(idle_s, max_attempts)
-- Running segments that were started too often and never ended.
SELECT s.analysis_id, s.segment_index, s.attempts, a.lane
FROM segments AS s JOIN analyses AS a ON a.id = s.analysis_id
WHERE s.state = 'running' AND s.attempts > :max_attempts
    AND s.started_at <= clock_timestamp() - make_interval(secs => :idle_s);

-- name: requeue_idle(idle_s)$
-- Queues segments without a waiting job again, oldest analyses first; returns how many. During a backoff queued_at is
-- in the future: it counts as changed just now.
WITH idle AS (
    UPDATE segments AS s SET state = 'queued', queued_at = clock_timestamp()
    FROM analyses AS a
    WHERE a.id = s.analysis_id AND s.state IN ('queued', 'running')
        AND greatest(least(s.queued_at, clock_timestamp()), s.started_at)
            <= clock_timestamp() - make_interval(secs => :idle_s)
        AND NOT EXISTS (
            SELECT FROM outbox AS o
            WHERE o.analysis_id = s.analysis_id AND o.segment_index = s.segment_index AND o.published_at IS NULL
        )
    RETURNING s.analysis_id, s.segment_index, a.lane
), jobs AS (
    INSERT INTO outbox (analysis_id, segment_index, lane)
    SELECT analysis_id, segment_index, lane FROM idle ORDER BY analysis_id, segment_index
)
SELECT count(*) FROM idle;
