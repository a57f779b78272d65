-- name: listened(site, from_time, to_time, pack, all_analyses, after_id, n)
-- Recordings that were analyzed, each with the analysis that heard most of it, by id: one pass however many pages.
-- Of those that count; all_analyses: of any with results. A pack that is null: all packs. A span excludes undated ones.
SELECT
    r.id AS recording_id, r.filename, r.sample_rate_hz, r.site, r.latitude, r.longitude, r.recorded_at,
    r.recorded_utc_offset_s, r.duration_s, r.format, heard.*
FROM recordings AS r
CROSS JOIN LATERAL (
    SELECT
        a.id AS analysis_id, a.pack_name, a.pack_version, a.finished_at,
        (SELECT sum(s.analyzed_s) FROM segments AS s WHERE s.analysis_id = a.id) AS analyzed_s
    FROM analyses AS a
    WHERE a.recording_id = r.id AND a.result IN ('succeeded', 'partial')
        AND (:pack::text IS NULL OR a.pack_name = :pack::text)
        AND (:all_analyses::boolean OR EXISTS (SELECT FROM current_analyses AS c WHERE c.analysis_id = a.id))
    ORDER BY analyzed_s DESC NULLS LAST, a.finished_at DESC, a.id DESC
    LIMIT 1
) AS heard
WHERE (:after_id::uuid IS NULL OR r.id > :after_id::uuid)
    AND (:site::text IS NULL OR r.site = :site::text)
    AND (
        :from_time::timestamptz IS NULL
        OR r.recorded_at + make_interval(secs => r.duration_s::float8) > :from_time::timestamptz
    )
    AND (:to_time::timestamptz IS NULL OR r.recorded_at < :to_time::timestamptz)
ORDER BY r.id
LIMIT :n;

-- name: listened_by(analysis_id)^
SELECT
    r.id AS recording_id, r.filename, r.sample_rate_hz, r.site, r.latitude, r.longitude, r.recorded_at,
    r.recorded_utc_offset_s, r.duration_s, r.format, a.pack_name, a.pack_version, a.finished_at,
    (SELECT sum(s.analyzed_s) FROM segments AS s WHERE s.analysis_id = a.id) AS analyzed_s
FROM analyses AS a JOIN recordings AS r ON r.id = a.recording_id
WHERE a.id = :analysis_id::uuid AND a.result IN ('succeeded', 'partial');
