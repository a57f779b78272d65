-- name: analysis_exists(analysis_id)$
SELECT EXISTS (SELECT FROM analyses WHERE id = :analysis_id);

-- name: get_warnings(analysis_ids)
-- As workers stored them, segment by segment; those of an analysis as a whole first.
SELECT analysis_id, code, detail, start_s, end_s, channel
FROM segment_warnings WHERE analysis_id = ANY(:analysis_ids::uuid[])
ORDER BY analysis_id, segment_index NULLS FIRST;
