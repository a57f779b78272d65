-- name: analysis_exists(analysis_id)$
SELECT EXISTS (SELECT FROM analyses WHERE id = :analysis_id);

-- name: first_failures(analysis_ids, after, n)
-- Of each analysis the first n, by segment, that follow the segment `after`.
SELECT found.* FROM unnest(:analysis_ids::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT
        analysis_id, segment_index, start_s, end_s, failed_s, state,
        CASE state WHEN 'done' THEN lost ELSE error END AS reason
    FROM segments
    WHERE analysis_id = wanted.id AND segment_index > :after AND failed_s > 0
    ORDER BY segment_index LIMIT :n
) AS found
ORDER BY found.analysis_id, found.segment_index;

-- name: count_stretches(analysis_ids, indexes)
SELECT analysis_id, segment_index, count(*) AS n
FROM lost_stretches JOIN unnest(:analysis_ids::uuid[], :indexes::integer[]) AS wanted (analysis_id, segment_index)
    USING (analysis_id, segment_index)
GROUP BY analysis_id, segment_index;

-- name: first_stretches(analysis_ids, indexes, n)
-- Of these segments; of each analysis the first n in order of time.
SELECT analysis_id, segment_index, start_s, end_s, reason
FROM (
    SELECT *, row_number() OVER (PARTITION BY analysis_id ORDER BY segment_index, start_s, end_s) AS place
    FROM lost_stretches JOIN unnest(:analysis_ids::uuid[], :indexes::integer[]) AS wanted (analysis_id, segment_index)
        USING (analysis_id, segment_index)
) AS found
WHERE place <= :n
ORDER BY analysis_id, segment_index, start_s, end_s;
