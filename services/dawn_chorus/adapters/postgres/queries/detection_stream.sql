-- name: settled_before()$
-- A minute ago: no transaction that finishes an analysis takes as long from that statement to its commit.
SELECT clock_timestamp() - interval '1 minute';

-- name: recent(settled_before)^
-- What has finished since, or has results from before it was retried.
SELECT
    coalesce(array_agg(id), '{}') AS ids,
    coalesce(array_agg(coalesce(finished_at, 'epoch')), '{}') AS finished
FROM analyses WHERE finished_at > :settled_before OR (state <> 'finished' AND retries > 0);

-- name: count_analyses(ids, settled_before, recent_ids, recent_finished, all_analyses)
-- Whether each counted at the first row: of each recording and pack the newest with results, as in current_analyses.
WITH recent AS MATERIALIZED (
    SELECT id, finished_at
    FROM unnest(:recent_ids::uuid[], :recent_finished::timestamptz[]) AS t (id, finished_at)
)
SELECT
    a.id, a.retries, a.finished_at, r.site, r.latitude, r.longitude, r.recorded_at,
    (
        coalesce(a.finished_at <= :settled_before, false)
        OR (a.id, coalesce(a.finished_at, 'epoch')) IN (SELECT id, finished_at FROM recent)
    ) AND (
        :all_analyses::boolean
        OR (
            coalesce(a.result IN ('succeeded', 'partial'), false)
            AND NOT EXISTS (
                SELECT FROM analyses AS b
                WHERE b.recording_id = a.recording_id AND b.pack_name = a.pack_name
                    AND b.result IN ('succeeded', 'partial')
                    AND (b.finished_at, b.id) > (a.finished_at, a.id)
                    AND (
                        b.finished_at <= :settled_before
                        OR (b.id, b.finished_at) IN (SELECT id, finished_at FROM recent)
                    )
            )
        )
    ) AS counts
FROM analyses AS a
JOIN recordings AS r ON r.id = a.recording_id
WHERE a.id = ANY(:ids::uuid[]);
