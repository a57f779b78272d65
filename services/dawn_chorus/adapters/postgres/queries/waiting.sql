-- name: measure(seen_s, started_s)^
-- What is not finished, how many workers were seen lately, and whether a segment was begun lately: by a worker that says
-- nothing, if none was seen.
WITH open AS MATERIALIZED (
    SELECT id, state FROM analyses WHERE state <> 'finished'
), remaining AS (
    SELECT
        count(*) FILTER (WHERE s.state = 'queued') AS waiting, count(*) FILTER (WHERE s.state = 'running') AS running,
        bool_or(s.state = 'running' AND s.started_at > now() - make_interval(secs => :started_s)) AS is_begun
    FROM open AS o JOIN segments AS s ON s.analysis_id = o.id
    WHERE s.state IN ('queued', 'running')
)
SELECT
    (SELECT count(*) FROM workers WHERE seen_at > now() - make_interval(secs => :seen_s)) AS workers,
    (SELECT count(*) FROM open WHERE state = 'queued') AS waiting_analyses,
    (SELECT count(*) FROM open WHERE state = 'running') AS running_analyses,
    waiting AS waiting_segments, running AS running_segments, coalesce(is_begun, false) AS is_begun
FROM remaining;

-- name: count_ahead(analysis_ids)
-- Of unfinished analyses, how many others are unfinished and were begun earlier: for those of the lane express of this lane
-- alone, since these come first.
WITH open AS (
    SELECT
        id,
        CASE lane
            WHEN 'express' THEN row_number() OVER (PARTITION BY lane ORDER BY created_at, id)
            ELSE row_number() OVER (ORDER BY created_at, id)
        END - 1 AS ahead
    FROM analyses WHERE state <> 'finished'
)
SELECT id, ahead FROM open WHERE id = ANY(:analysis_ids::uuid[]);
