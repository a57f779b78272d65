-- name: measure()
-- Queued and running segments of all unfinished analyses. During a backoff queued_at is in the future: the age is 0.
SELECT
    a.lane, count(*) AS segments, sum(s.end_s - s.start_s) AS audio_s,
    greatest(0, extract(epoch FROM clock_timestamp() - min(s.queued_at))) AS oldest_s
FROM analyses AS a JOIN segments AS s ON s.analysis_id = a.id
WHERE a.state <> 'finished' AND s.state IN ('queued', 'running')
GROUP BY a.lane;
