-- Of the dashboard *Species activity*. Macros and variables ($…) are Grafana's; a list variable is '*' when all are meant.
-- Times at the recorder (heard_at_local) are for hours and days: birds keep to the sun, not to UTC.

-- name: sites
SELECT DISTINCT coalesce(site, '(no site)') FROM recordings ORDER BY 1;

-- name: taxa
SELECT scientific_name AS __value, min(common_name) || ' · ' || scientific_name AS __text
FROM taxa AS t
WHERE EXISTS (SELECT FROM detections AS d WHERE d.taxon_id = t.id)
GROUP BY scientific_name ORDER BY 2;

-- name: packs
SELECT DISTINCT name FROM packs ORDER BY 1;

-- name: chosen
('*' IN ($site) OR site IN ($site)) AND ('*' IN ($taxon) OR scientific_name IN ($taxon))
    AND ('*' IN ($pack) OR pack IN ($pack)) AND confidence >= $confidence;

-- name: detections
SELECT count(*) AS "Detections" FROM detections_heard WHERE $__timeFilter(heard_at) AND {chosen};

-- name: richness
SELECT count(DISTINCT scientific_name) AS "Taxa" FROM detections_heard WHERE $__timeFilter(heard_at) AND {chosen};

-- name: recorded
SELECT coalesce(sum(duration_s), 0)::float AS "Recorded" FROM recordings
WHERE $__timeFilter(recorded_at) AND ('*' IN ($site) OR coalesce(site, '(no site)') IN ($site));

-- name: undated
SELECT count(*) AS "Undated" FROM detections_heard WHERE heard_at = '-infinity' AND {chosen};

-- name: by_hour
SELECT
    min(common_name) AS "Taxon", count(*) AS "All",
    count(*) FILTER (WHERE hour = 0) AS "00", count(*) FILTER (WHERE hour = 1) AS "01",
    count(*) FILTER (WHERE hour = 2) AS "02", count(*) FILTER (WHERE hour = 3) AS "03",
    count(*) FILTER (WHERE hour = 4) AS "04", count(*) FILTER (WHERE hour = 5) AS "05",
    count(*) FILTER (WHERE hour = 6) AS "06", count(*) FILTER (WHERE hour = 7) AS "07",
    count(*) FILTER (WHERE hour = 8) AS "08", count(*) FILTER (WHERE hour = 9) AS "09",
    count(*) FILTER (WHERE hour = 10) AS "10", count(*) FILTER (WHERE hour = 11) AS "11",
    count(*) FILTER (WHERE hour = 12) AS "12", count(*) FILTER (WHERE hour = 13) AS "13",
    count(*) FILTER (WHERE hour = 14) AS "14", count(*) FILTER (WHERE hour = 15) AS "15",
    count(*) FILTER (WHERE hour = 16) AS "16", count(*) FILTER (WHERE hour = 17) AS "17",
    count(*) FILTER (WHERE hour = 18) AS "18", count(*) FILTER (WHERE hour = 19) AS "19",
    count(*) FILTER (WHERE hour = 20) AS "20", count(*) FILTER (WHERE hour = 21) AS "21",
    count(*) FILTER (WHERE hour = 22) AS "22", count(*) FILTER (WHERE hour = 23) AS "23"
FROM (
    SELECT scientific_name, common_name, extract(hour FROM heard_at_local) AS hour
    FROM detections_heard WHERE $__timeFilter(heard_at) AND {chosen}
) AS heard
GROUP BY scientific_name ORDER BY "All" DESC LIMIT 40;

-- name: over_time
WITH heard AS (SELECT * FROM detections_heard WHERE $__timeFilter(heard_at) AND {chosen})
SELECT $__timeGroup(heard_at, $__interval) AS "time", common_name AS metric, count(*) AS value
FROM heard
WHERE scientific_name IN (SELECT scientific_name FROM heard GROUP BY 1 ORDER BY count(*) DESC LIMIT 20)
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: by_day
WITH heard AS (SELECT * FROM detections_heard WHERE $__timeFilter(heard_at) AND {chosen}),
often AS (SELECT scientific_name FROM heard GROUP BY 1 ORDER BY count(*) DESC LIMIT 10)
SELECT
    date_trunc('day', heard_at_local) AS "time",
    CASE WHEN scientific_name IN (SELECT scientific_name FROM often) THEN common_name ELSE 'others' END AS metric,
    count(*) AS value
FROM heard GROUP BY 1, 2 ORDER BY 1, 2;

-- name: top
SELECT min(common_name) AS "Taxon", count(*) AS "Detections"
FROM detections_heard WHERE $__timeFilter(heard_at) AND {chosen}
GROUP BY scientific_name ORDER BY 2 DESC, 1 LIMIT 20;

-- name: richness_by_site
SELECT site AS "Site", count(DISTINCT scientific_name) AS "Taxa"
FROM detections_heard WHERE $__timeFilter(heard_at) AND {chosen}
GROUP BY site ORDER BY 2 DESC, 1 LIMIT 50;

-- name: confidence
SELECT to_char(step / 20.0, 'FM0.00') AS "Confidence", count(d.id) AS "Detections"
FROM generate_series(0, 19) AS step
LEFT JOIN (
    SELECT id, least(19, floor(confidence * 20)) AS step
    FROM detections_heard WHERE $__timeFilter(heard_at) AND {chosen}
) AS d USING (step)
GROUP BY step ORDER BY step;

-- name: latest
SELECT
    nullif(heard_at, '-infinity') AS "Time", heard_at_local AS "At the recorder", site AS "Site",
    common_name AS "Taxon", scientific_name AS "Scientific name", confidence AS "Confidence",
    onset_s::float AS "Onset", filename AS "Recording", pack AS "Pack", recording_id AS "id"
FROM detections_heard WHERE $__timeFilter(heard_at) AND {chosen}
ORDER BY heard_at DESC, id DESC LIMIT 100;
