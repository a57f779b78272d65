-- name: utc_offsets()
-- The offsets from UTC of recorders' clocks, each by one look into an index.
WITH RECURSIVE known AS (
    SELECT min(recorded_utc_offset_s) AS offset_s FROM recordings WHERE recorded_at IS NOT NULL
    UNION ALL
    SELECT (
        SELECT min(r.recorded_utc_offset_s) FROM recordings AS r
        WHERE r.recorded_at IS NOT NULL AND r.recorded_utc_offset_s > known.offset_s
    )
    FROM known WHERE known.offset_s IS NOT NULL
)
SELECT offset_s FROM known WHERE offset_s IS NOT NULL ORDER BY offset_s;

-- name: heard_from(taxon_ids, site, low, high, past)$
-- When the events at the site from `low` on go on, behind the first `past` of them; null: nowhere before `high`.
SELECT min(started_at)
FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
CROSS JOIN LATERAL (
    SELECT coalesce(started_at, '-infinity') AS started_at FROM detections
    WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
        AND coalesce(started_at, '-infinity') >= (SELECT :low::timestamptz)
        AND coalesce(started_at, '-infinity') < (SELECT :high::timestamptz)
    ORDER BY coalesce(started_at, '-infinity'), id
    OFFSET :past LIMIT 1
) AS heard;

-- name: heard_last(taxon_ids, site, high)$
-- When the last event at the site before `high` is heard; null: none has a time.
SELECT max(started_at)
FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
CROSS JOIN LATERAL (
    SELECT started_at FROM detections
    WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
        AND coalesce(started_at, '-infinity') > (SELECT timestamptz '-infinity')
        AND coalesce(started_at, '-infinity') < (SELECT :high::timestamptz)
    ORDER BY coalesce(started_at, '-infinity') DESC, id DESC
    LIMIT 1
) AS heard;

-- name: surest_of_days(taxon_ids, site, pack, lowest, highest, low, high, midnights, first_day, last_day, after_site, is_begun, n)
-- Of each site and day of the recorder's clock the surest event, where that shows no review: of events from low to
-- below high, and of these days. is_begun: of the first day only the sites behind after_site; those without a site last.
-- midnights are the moments at which a day begins by any recorder's clock, so that of each analysis and stretch between
-- two of them the surest is enough.
WITH heard AS MATERIALIZED (
    SELECT DISTINCT ON (analysis_id, stretch) event.*
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT
            id, analysis_id, site, started_at, confidence, is_reviewed,
            width_bucket(started_at, :midnights::timestamptz[]) AS stretch
        FROM detections
        WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
            AND coalesce(started_at, '-infinity') >= (SELECT :low::timestamptz)
            AND coalesce(started_at, '-infinity') < (SELECT :high::timestamptz)
            AND confidence >= :lowest::real AND confidence <= :highest::real
        ORDER BY coalesce(started_at, '-infinity'), id
    ) AS event
    ORDER BY analysis_id, stretch, confidence DESC, id
), surest AS (
    SELECT DISTINCT ON (day, site) heard.id, day, heard.site, is_reviewed
    FROM heard
    CROSS JOIN LATERAL (
        SELECT recording_id FROM current_analyses AS c
        WHERE c.analysis_id = heard.analysis_id AND (:pack::text IS NULL OR c.pack_name = :pack::text)
        LIMIT 1
    ) AS c
    CROSS JOIN LATERAL (
        SELECT (started_at AT TIME ZONE 'UTC' + make_interval(secs => recorded_utc_offset_s))::date AS day
        FROM recordings AS r WHERE r.id = c.recording_id AND audio_removed_at IS NULL
        LIMIT 1
    ) AS clock
    WHERE day BETWEEN :first_day::date AND :last_day::date
    ORDER BY day, site, confidence DESC, heard.id
)
SELECT id, day, site FROM surest
WHERE NOT is_reviewed AND (
        NOT :is_begun::boolean OR day > :first_day::date
        OR (site IS NULL AND :after_site::text IS NOT NULL) OR site > :after_site::text
    )
ORDER BY day, site
LIMIT :n;

-- name: heard_in(analysis_ids, taxon_ids, low)$
-- When the first event of a few analyses is heard from `low` on.
SELECT min(started_at) FROM detections
WHERE analysis_id = ANY(:analysis_ids::uuid[]) AND taxon_id = ANY(:taxon_ids::integer[])
    AND started_at >= :low::timestamptz;

-- name: surest_of_undated(taxon_ids, site, pack, lowest, highest, after_id, most)
-- Of recordings without a time whose first event is among the `most` behind after_id: that event and the surest one. No id:
-- none is wanted.
WITH heard AS MATERIALIZED (
    SELECT event.*
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT id, analysis_id, recording_id FROM detections
        WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
            AND coalesce(started_at, '-infinity') = '-infinity' AND id > :after_id::bigint
        ORDER BY coalesce(started_at, '-infinity'), id
        LIMIT :most
    ) AS event
    ORDER BY event.id
    LIMIT :most
), own AS (
    SELECT DISTINCT h.analysis_id
    FROM heard AS h
    WHERE (
            SELECT :pack::text IS NULL OR c.pack_name = :pack::text
            FROM current_analyses AS c WHERE c.analysis_id = h.analysis_id
        )
        AND (SELECT r.audio_removed_at IS NULL FROM recordings AS r WHERE r.id = h.recording_id)
)
SELECT surest.id, surest.first_id, (SELECT max(id) FROM heard) AS last_id, (SELECT count(*) FROM heard) AS looked
FROM (SELECT) AS always
LEFT JOIN (
    SELECT event.id, event.first_id
    FROM own
    CROSS JOIN LATERAL (
        SELECT min(id) AS first_id, (
            array_agg(CASE WHEN NOT is_reviewed THEN id END ORDER BY confidence DESC, id)
            FILTER (WHERE confidence >= :lowest::real AND confidence <= :highest::real)
        )[1] AS id
        FROM detections WHERE analysis_id = own.analysis_id AND taxon_id = ANY(:taxon_ids::integer[])
    ) AS event
    WHERE event.id IS NOT NULL AND event.first_id > :after_id::bigint
) AS surest ON true
ORDER BY surest.first_id;
