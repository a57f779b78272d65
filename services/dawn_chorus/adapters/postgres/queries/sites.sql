-- name: list_sites(q, after, n)
-- In order of names. Each name is found behind the one before it, in the index recordings_site; then the rows of the page's
-- sites are added up, place by place so that places can be counted. The newest recording is the one uploaded last.
WITH RECURSIVE names AS (
    (
        SELECT site FROM recordings
        WHERE site IS NOT NULL AND (:after::text IS NULL OR site > :after::text) ORDER BY site LIMIT 1
    )
    UNION ALL
    SELECT (SELECT site FROM recordings WHERE site > names.site ORDER BY site LIMIT 1)
    FROM names WHERE site IS NOT NULL
), named AS (
    SELECT site FROM names
    WHERE site IS NOT NULL AND (:q::text IS NULL OR strpos(lower(site), lower(:q::text)) > 0)
    ORDER BY site LIMIT :n
), places AS (
    SELECT
        site, latitude, count(*) AS recordings, sum(duration_s) AS duration_s, min(recorded_at) AS first,
        max(recorded_at) AS last
    FROM recordings WHERE site IN (SELECT site FROM named)
    GROUP BY site, latitude, longitude
), sites AS (
    SELECT
        site, sum(recordings)::bigint AS recordings, sum(duration_s) AS duration_s, count(latitude) AS places,
        min(first) AS first, max(last) AS last
    FROM places GROUP BY site
)
SELECT
    s.site AS name, s.recordings, s.duration_s, s.places, newest.latitude, newest.longitude,
    s.first, begun.recorded_utc_offset_s AS first_utc_offset_s, s.last, ended.recorded_utc_offset_s AS last_utc_offset_s
FROM sites AS s
LEFT JOIN LATERAL (
    SELECT latitude, longitude FROM recordings
    WHERE site = s.site AND latitude IS NOT NULL AND s.places > 0 ORDER BY id DESC LIMIT 1
) AS newest ON true
LEFT JOIN LATERAL (
    SELECT recorded_utc_offset_s FROM recordings
    WHERE recorded_at = s.first AND site = s.site ORDER BY id LIMIT 1
) AS begun ON true
LEFT JOIN LATERAL (
    SELECT recorded_utc_offset_s FROM recordings
    WHERE recorded_at = s.last AND site = s.site ORDER BY id DESC LIMIT 1
) AS ended ON true
ORDER BY s.site;

-- name: count_without_site()$
SELECT count(*) FROM recordings WHERE site IS NULL;
