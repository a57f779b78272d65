-- Of the dashboard *Species activity*. Variables ($…) are Grafana's; a list variable is '*' when all are meant. {name} stands
-- for another query of this file. Times at the recorder are for hours and days: birds keep to the sun, not to UTC.

-- name: spans
SELECT text AS __text, value AS __value FROM (
    VALUES ('The last 30 days with data', 'last 30', 1), ('The last 7 days with data', 'last 7', 2),
        ('The last 365 days with data', 'last 365', 3), ('Everything', 'all', 4)
    UNION ALL
    SELECT month, month, 4 + row_number() OVER (ORDER BY month DESC)
    FROM (
        SELECT DISTINCT to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month FROM recordings
        WHERE recorded_at IS NOT NULL
    ) AS months
) AS offered (text, value, place)
ORDER BY place LIMIT 124;

-- name: ends
-- A clock that is ahead must not move the end of what there is.
SELECT
    coalesce(min(recorded_at), now() - interval '30 days') AS first,
    coalesce(max(recorded_at + make_interval(secs => duration_s::float8)), now()) AS last
FROM recordings WHERE recorded_at < now() + interval '1 day';

-- name: since
SELECT to_char(
    CASE
        WHEN '$span' = 'all' THEN first
        WHEN '$span' LIKE 'last %' THEN last - make_interval(days => substr('$span', 6)::integer)
        ELSE to_timestamp('$span', 'YYYY-MM')::timestamp AT TIME ZONE 'UTC'
    END AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
) FROM ({ends}) AS ends;

-- name: until
SELECT to_char(
    CASE
        WHEN '$span' = 'all' OR '$span' LIKE 'last %' THEN last + interval '1 second'
        ELSE (to_timestamp('$span', 'YYYY-MM')::timestamp + interval '1 month') AT TIME ZONE 'UTC'
    END AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
) FROM ({ends}) AS ends;

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

-- name: in_span
heard_at BETWEEN '$since' AND '$until' AND {chosen};

-- name: listened
-- What was analyzed, by site and day at the recorder; of several packs the one that heard most of a recording that day.
SELECT site, day, sum(seconds) AS seconds FROM (
    SELECT site, recording_id, day, max(seconds) AS seconds FROM (
        SELECT
            coalesce(r.site, '(no site)') AS site, r.id AS recording_id, c.pack_name,
            (r.recorded_at AT TIME ZONE 'UTC' + make_interval(secs => r.recorded_utc_offset_s + s.start_s::float8))::date AS day,
            sum(s.analyzed_s) AS seconds
        FROM recordings AS r
        JOIN current_analyses AS c ON c.recording_id = r.id
        JOIN segments AS s ON s.analysis_id = c.analysis_id
        WHERE r.recorded_at BETWEEN '$since'::timestamptz - longest_recording() AND '$until'
            AND r.recorded_at + make_interval(secs => s.start_s::float8) BETWEEN '$since' AND '$until'
            AND ('*' IN ($site) OR coalesce(r.site, '(no site)') IN ($site))
            AND ('*' IN ($pack) OR c.pack_name IN ($pack))
        GROUP BY 1, 2, 3, 4
    ) AS by_pack
    GROUP BY 1, 2, 3
) AS by_recording
GROUP BY 1, 2;

-- name: hours_listened
SELECT coalesce(sum(seconds) / 3600, 0)::float AS "Listened" FROM ({listened}) AS listened;

-- name: hours_by_site
SELECT site AS "Site", (sum(seconds) / 3600)::float AS "Hours listened"
FROM ({listened}) AS listened GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 30;

-- name: hours_by_day
-- Also the days on which nobody listened; the last 60 of the span that have data, and those between.
WITH listened AS MATERIALIZED ({listened})
SELECT to_char(every.day, 'YYYY-MM-DD') AS "Day", (coalesce(sum(l.seconds), 0) / 3600)::float AS "Hours listened"
FROM (SELECT generate_series(greatest(min(day), max(day) - 59), max(day), interval '1 day')::date AS day FROM listened) AS every
LEFT JOIN listened AS l USING (day) GROUP BY every.day ORDER BY every.day;

-- name: hours_by_site_and_day
-- Sites that were heard at some time in the span, and its last 21 days that have data with those between.
WITH listened AS MATERIALIZED ({listened})
SELECT s.site AS "Site", to_char(every.day, 'MM-DD') AS "Day", (coalesce(l.seconds, 0) / 3600)::float AS "Hours"
FROM (SELECT DISTINCT site FROM listened) AS s
CROSS JOIN (
    SELECT generate_series(greatest(min(day), max(day) - 20), max(day), interval '1 day')::date AS day FROM listened
) AS every
LEFT JOIN listened AS l ON l.site = s.site AND l.day = every.day
ORDER BY s.site, every.day;

-- name: silence
-- A recorder is known by its site. It is expected as often as it used to come: the longest pause of each day on which it
-- recorded, and of those the middle one. So nights without sound, or one long outage, are no silence and hide none.
SELECT
    site, last_at, usual_s, silent_s, recordings, CASE WHEN recordings >= 4 THEN silent_s / nullif(usual_s, 0) END AS times,
    CASE
        WHEN silent_s > $retired * 86400 THEN 'retired'
        WHEN recordings < 4 THEN 'too few to tell'
        WHEN silent_s > 2 * usual_s + 3600 THEN 'silent'
        ELSE 'records'
    END AS state
FROM (
    SELECT
        site, max(last_at) AS last_at, sum(recordings) AS recordings,
        greatest(0, extract(epoch FROM now() - max(last_at)))::float AS silent_s,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY pause_s) FILTER (WHERE newest <= 30) AS usual_s
    FROM (
        SELECT
            site, day, max(ends_at) AS last_at, count(*) AS recordings, max(pause_s) AS pause_s,
            row_number() OVER (PARTITION BY site ORDER BY day DESC) AS newest
        FROM (
            SELECT
                coalesce(site, '(no site)') AS site, recorded_at::date AS day,
                recorded_at + make_interval(secs => duration_s::float8) AS ends_at,
                extract(epoch FROM recorded_at - lag(recorded_at) OVER (PARTITION BY site ORDER BY recorded_at))::float AS pause_s
            FROM recordings
            WHERE recorded_at < now() + interval '1 day' AND ('*' IN ($site) OR coalesce(site, '(no site)') IN ($site))
        ) AS recorded
        GROUP BY site, day
    ) AS days
    GROUP BY site
) AS sites;

-- name: shown
SELECT to_char('$since'::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS "From",
    to_char('$until'::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS "To";

-- name: silent
SELECT count(*) AS "Silent" FROM ({silence}) AS silence WHERE state = 'silent';

-- name: silent_first
SELECT
    site AS "Site", state AS "State", silent_s AS "Silent for", usual_s AS "Usual pause", times AS "Times the usual",
    last_at AS "Last sound", recordings AS "Recordings"
FROM ({silence}) AS silence
ORDER BY array_position(ARRAY['silent', 'too few to tell', 'records', 'retired'], state), times DESC NULLS LAST, silent_s DESC
LIMIT 200;

-- name: detections
SELECT count(*) AS "Detections" FROM detections_heard WHERE {in_span};

-- name: richness
SELECT count(DISTINCT scientific_name) AS "Taxa" FROM detections_heard WHERE {in_span};

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
    FROM detections_heard WHERE {in_span}
) AS heard
GROUP BY scientific_name ORDER BY "All" DESC LIMIT 40;

-- name: by_day
-- The last 60 days of the span that have data, and those between.
WITH heard AS (SELECT scientific_name, common_name, heard_at_local::date AS day FROM detections_heard WHERE {in_span}),
often AS (SELECT scientific_name FROM heard GROUP BY 1 ORDER BY count(*) DESC LIMIT 10),
counted AS (
    SELECT
        day, CASE WHEN scientific_name IN (SELECT scientific_name FROM often) THEN common_name ELSE 'others' END AS taxon,
        count(*) AS detections
    FROM heard WHERE day >= (SELECT max(day) - 59 FROM heard) GROUP BY 1, 2
)
SELECT to_char(every.day, 'YYYY-MM-DD') AS "Day", taxon AS "Taxon", coalesce(detections, 0) AS "Detections"
FROM (SELECT generate_series(min(day), max(day), interval '1 day')::date AS day FROM counted) AS every
CROSS JOIN (SELECT DISTINCT taxon FROM counted) AS taxa
LEFT JOIN counted USING (day, taxon)
ORDER BY every.day, taxon = 'others', taxon;

-- name: top
SELECT min(common_name) AS "Taxon", count(*) AS "Detections"
FROM detections_heard WHERE {in_span}
GROUP BY scientific_name ORDER BY 2 DESC, 1 LIMIT 20;

-- name: richness_by_site
SELECT site AS "Site", count(DISTINCT scientific_name) AS "Taxa"
FROM detections_heard WHERE {in_span}
GROUP BY site ORDER BY 2 DESC, 1 LIMIT 50;

-- name: confidence
SELECT to_char(step / 20.0, 'FM0.00') AS "Confidence", count(d.id) AS "Detections"
FROM generate_series(0, 19) AS step
LEFT JOIN (
    SELECT id, least(19, floor(confidence * 20)) AS step
    FROM detections_heard WHERE {in_span}
) AS d USING (step)
GROUP BY step ORDER BY step;

-- name: latest
SELECT
    nullif(h.heard_at, '-infinity') AS "Time", h.heard_at_local AS "At the recorder", h.site AS "Site",
    h.common_name AS "Taxon", h.scientific_name AS "Scientific name", h.confidence AS "Confidence",
    coalesce(r.verdict, 'not reviewed') AS "Review", r.corrected_taxon AS "Corrected to",
    h.onset_s::float AS "Onset", h.filename AS "Recording", h.pack AS "Pack", h.recording_id AS "id"
FROM (
    SELECT * FROM detections_heard WHERE {in_span} ORDER BY heard_at DESC, id DESC LIMIT 100
) AS h
LEFT JOIN LATERAL review_of(h.recording_id, h.scientific_name, h.onset_s, h.offset_s) AS r ON true
ORDER BY h.heard_at DESC, h.id DESC;
