-- Hours are whole numbers here: hours of recorders' own clocks since 1800, so that mod(hour, 24) is the hour of the day and
-- hour / 24 the day. 5364662400 s are between 1800 and 1970.

-- name: hours_listened(pack, site, from_time, to_time, from_s, to_s)
-- Seconds that were analyzed, by hour of the day, by day, by site, and of all dated ones together; hour_of_day and day are
-- null of undated recordings. grouping: which of the three columns a row does not tell. from_s and to_s: by each
-- recorder's clock, seconds since 1800; from_time and to_time: instants; null: no bound.
WITH counted AS MATERIALIZED (
    SELECT c.analysis_id, r.site, start.s, start.bounded_from_us, start.bounded_to_us
    FROM recordings AS r
    JOIN current_analyses AS c ON c.recording_id = r.id AND c.pack_name = :pack
    CROSS JOIN LATERAL (
        SELECT
            extract(epoch FROM r.recorded_at) + r.recorded_utc_offset_s + 5364662400 AS s,
            (coalesce(:from_s::bigint, extract(epoch FROM :from_time::timestamptz) + r.recorded_utc_offset_s + 5364662400)
                * 1000000)::bigint AS bounded_from_us,
            (coalesce(:to_s::bigint, extract(epoch FROM :to_time::timestamptz) + r.recorded_utc_offset_s + 5364662400)
                * 1000000)::bigint AS bounded_to_us
    ) AS start
    WHERE (:site::text IS NULL OR r.site = :site::text)
        AND (start.bounded_from_us IS NULL OR (start.s + r.duration_s) * 1000000 > start.bounded_from_us)
        AND (start.bounded_to_us IS NULL OR start.s * 1000000 < start.bounded_to_us)
), pieces AS (
    -- Of a segment that was analyzed in part what lies between its lost stretches. If these do not add up to what its
    -- ledger says (some were only counted, or the row is older than the table), the pieces count in proportion.
    SELECT
        k.site,
        greatest(((k.s + coalesce(kept.from_s, s.start_s)) * 1000000)::bigint, k.bounded_from_us) AS from_us,
        least(((k.s + coalesce(kept.to_s, s.end_s)) * 1000000)::bigint, k.bounded_to_us) AS to_us,
        CASE WHEN k.s IS NULL THEN (coalesce(kept.to_s, s.end_s) - coalesce(kept.from_s, s.start_s)) * 1000000 END AS us,
        coalesce(kept.part, 1) AS part
    FROM counted AS k
    JOIN segments AS s ON s.analysis_id = k.analysis_id AND s.analyzed_s > 0
    LEFT JOIN LATERAL (
        SELECT
            lower(piece) AS from_s, upper(piece) AS to_s,
            s.analyzed_s / sum(upper(piece) - lower(piece)) OVER () AS part
        FROM (
            SELECT nummultirange(numrange(s.start_s, s.end_s)) - range_agg(numrange(l.start_s, l.end_s)) AS heard
            FROM lost_stretches AS l
            WHERE l.analysis_id = s.analysis_id AND l.segment_index = s.segment_index
        ) AS left_over
        CROSS JOIN LATERAL unnest(
            coalesce(nullif(left_over.heard, '{}'), nummultirange(numrange(s.start_s, s.end_s)))
        ) AS piece
    ) AS kept ON s.analyzed_s < s.end_s - s.start_s
), cells AS (
    SELECT
        p.site, hour,
        (least(p.to_us, (hour + 1) * 3600000000) - greatest(p.from_us, hour * 3600000000)) * p.part AS us
    FROM pieces AS p
    CROSS JOIN LATERAL generate_series(p.from_us / 3600000000, (p.to_us - 1) / 3600000000) AS hour
    WHERE p.to_us > p.from_us
    UNION ALL
    SELECT site, NULL, us * part FROM pieces WHERE from_us IS NULL
)
SELECT
    (mod(hour, 24))::integer AS hour_of_day, (hour / 24)::integer AS day, site, sum(us) / 1000000 AS seconds,
    grouping(mod(hour, 24), hour / 24, site) AS grouping
FROM cells
GROUP BY GROUPING SETS ((mod(hour, 24)), (hour / 24), (site));

-- name: detections_counted(pack, site, taxon_ids, from_time, to_time, from_s, to_s, min_confidence)
-- How often each taxon was heard, by hour of the day, by day, by site, and in all, then with the first and the last time.
-- taxon_ids that are null: all taxa. The instants bound what is read even where from_s and to_s say it exactly.
WITH heard AS (
    SELECT
        d.taxon_id, d.site, d.started_at,
        floor((date_part('epoch', d.started_at) + r.recorded_utc_offset_s + 5364662400) / 3600)::integer AS hour
    FROM detections AS d
    JOIN current_analyses AS c ON c.analysis_id = d.analysis_id AND c.pack_name = :pack
    JOIN recordings AS r ON r.id = d.recording_id
    WHERE (:site::text IS NULL OR d.site = :site::text)
        AND (:taxon_ids::integer[] IS NULL OR d.taxon_id = ANY(:taxon_ids::integer[]))
        AND (:from_time::timestamptz IS NULL OR coalesce(d.started_at, '-infinity') >= :from_time::timestamptz)
        AND (
            :to_time::timestamptz IS NULL
            OR (d.started_at IS NOT NULL AND coalesce(d.started_at, '-infinity') < :to_time::timestamptz)
        )
        AND (
            :from_s::bigint IS NULL
            OR date_part('epoch', d.started_at) + r.recorded_utc_offset_s + 5364662400 >= :from_s::bigint
        )
        AND (
            :to_s::bigint IS NULL
            OR date_part('epoch', d.started_at) + r.recorded_utc_offset_s + 5364662400 < :to_s::bigint
        )
        AND d.confidence >= :min_confidence::real
), counted AS MATERIALIZED (
    SELECT
        taxon_id, mod(hour, 24) AS hour_of_day, hour / 24 AS day, site, count(*) AS n, min(started_at) AS first,
        max(started_at) AS last, grouping(mod(hour, 24), hour / 24, site) AS grouping
    FROM heard
    GROUP BY GROUPING SETS ((taxon_id, mod(hour, 24)), (taxon_id, hour / 24), (taxon_id, site), (taxon_id))
)
SELECT
    n.*, x.code, x.scientific_name, x.common_name, x.taxonomic_class,
    begun.recorded_utc_offset_s AS first_utc_offset_s, ended.recorded_utc_offset_s AS last_utc_offset_s
FROM counted AS n
JOIN taxa AS x ON x.id = n.taxon_id
LEFT JOIN LATERAL (
    SELECT r.recorded_utc_offset_s FROM detections AS d JOIN recordings AS r ON r.id = d.recording_id
    WHERE d.taxon_id = n.taxon_id AND coalesce(d.started_at, '-infinity') = n.first LIMIT 1
) AS begun ON n.grouping = 7
LEFT JOIN LATERAL (
    SELECT r.recorded_utc_offset_s FROM detections AS d JOIN recordings AS r ON r.id = d.recording_id
    WHERE d.taxon_id = n.taxon_id AND coalesce(d.started_at, '-infinity') = n.last LIMIT 1
) AS ended ON n.grouping = 7;

-- name: taxa_of_pack(pack, taxon_ids)
-- Those of the taxa that the pack knows, in any of its versions.
SELECT x.code, x.scientific_name, x.common_name, x.taxonomic_class
FROM taxa AS x
WHERE x.id = ANY(:taxon_ids::integer[])
    AND EXISTS (
        SELECT FROM pack_taxa AS t JOIN packs AS p ON p.id = t.pack_id WHERE t.taxon_id = x.id AND p.name = :pack
    );
