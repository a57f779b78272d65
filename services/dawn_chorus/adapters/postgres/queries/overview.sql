-- Hours are whole numbers here: hours of recorders' own clocks since 1800, so that mod(hour, 24) is the hour of the day and
-- hour / 24 the day; null: undated. Bounds: see analyses_in_span.

-- name: work_in_memory()!
-- Counting would sort on disk with what PostgreSQL gives a statement by default, and compiling costs more than it saves.
-- Until the end of the transaction.
SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true);

-- name: hours_listened(pack, site, from_time, to_time, from_clock, to_clock, undated, by_cell)
-- Seconds that were analyzed, by hour of the day, by day, and by site (by_cell: by site and hour). grouping: which of these
-- a row does not tell.
WITH counted AS MATERIALIZED (
    SELECT * FROM analyses_in_span(:pack, :site, :from_time, :to_time, :from_clock, :to_clock, :undated)
), listened AS MATERIALIZED (
    -- An analysis that succeeded was heard from its first segment to its last one; mostly these are all there are.
    SELECT k.*, coalesce(a.result = 'succeeded', false) AS is_whole
    FROM counted AS k
    JOIN analyses AS a ON a.id = k.analysis_id
), spans AS (
    SELECT site, starts_s, clock_s, from_time, to_time, 0::numeric AS first_s, last.end_s AS last_s, 1::numeric AS part
    FROM listened AS h
    CROSS JOIN LATERAL (
        SELECT s.end_s FROM segments AS s WHERE s.analysis_id = h.analysis_id ORDER BY s.segment_index DESC LIMIT 1
    ) AS last
    WHERE h.is_whole
    UNION ALL
    SELECT h.site, h.starts_s, h.clock_s, h.from_time, h.to_time, lower(span), upper(span), 1
    FROM listened AS h
    CROSS JOIN LATERAL (
        -- Neighbors that were analyzed to their ends are one span. Segments do not overlap.
        SELECT range_agg(numrange(s.start_s, s.end_s)) AS kept
        FROM segments AS s WHERE s.analysis_id = h.analysis_id AND s.analyzed_s = s.end_s - s.start_s
    ) AS whole
    CROSS JOIN LATERAL unnest(whole.kept) AS span
    WHERE NOT h.is_whole
    UNION ALL
    -- Of the others what lies between their lost stretches. Where these do not add up to what the ledger says (some were
    -- only counted, or the row is older than the table), the spans count in proportion.
    SELECT
        h.site, h.starts_s, h.clock_s, h.from_time, h.to_time, lower(span), upper(span),
        s.analyzed_s / sum(upper(span) - lower(span)) OVER (PARTITION BY s.analysis_id, s.segment_index)
    FROM listened AS h
    JOIN segments AS s ON s.analysis_id = h.analysis_id AND s.analyzed_s > 0 AND s.analyzed_s < s.end_s - s.start_s
    CROSS JOIN LATERAL (
        SELECT nummultirange(numrange(s.start_s, s.end_s)) - range_agg(numrange(l.start_s, l.end_s)) AS kept
        FROM lost_stretches AS l WHERE l.analysis_id = s.analysis_id AND l.segment_index = s.segment_index
    ) AS between_losses
    CROSS JOIN LATERAL unnest(
        coalesce(nullif(between_losses.kept, '{}'), nummultirange(numrange(s.start_s, s.end_s)))
    ) AS span
    WHERE NOT h.is_whole
), bounded AS MATERIALIZED (
    SELECT
        site, part, last_s - first_s AS length_s,
        greatest(starts_s + first_s, extract(epoch FROM from_time) + clock_s::numeric) AS from_s,
        least(starts_s + last_s, extract(epoch FROM to_time) + clock_s::numeric) AS to_s
    FROM spans
), cells AS (
    SELECT
        b.site, hour,
        CASE WHEN hour IS NULL THEN b.length_s
            ELSE least(b.to_s, (hour + 1) * 3600::bigint) - greatest(b.from_s, hour * 3600::bigint) END * b.part AS s
    FROM bounded AS b
    LEFT JOIN LATERAL generate_series(
        floor(b.from_s / 3600)::integer, (ceil(b.to_s / 3600) - 1)::integer
    ) AS hour ON true
    WHERE b.from_s IS NULL OR b.to_s > b.from_s
)
SELECT
    mod(hour, 24) AS hour_of_day, hour / 24 AS day, site, CASE WHEN :by_cell::boolean THEN hour END AS hour,
    sum(s) AS seconds, grouping(mod(hour, 24), hour / 24, site) AS grouping
FROM cells
GROUP BY GROUPING SETS ((mod(hour, 24)), (hour / 24), (site, CASE WHEN :by_cell::boolean THEN hour END));

-- name: detections_heard(pack, site, taxon_ids, from_time, to_time, from_clock, to_clock, undated, min_confidence, is_reviewed, hidden_ids, saved, with_threshold)
-- Of each analysis the taxa of its detections, as an array in the format of the wire. hour: where all of it lies in one hour
-- of the recorder's clock (-1: undated); else null, and their starts are told too, in the same order. Numbers are added up
-- faster outside: grouping 880,000 rows three ways took a second. taxon_ids that are null: all taxa.
WITH counted AS MATERIALIZED (
    SELECT
        k.*,
        CASE
            WHEN k.starts_s IS NULL THEN -1
            WHEN k.is_within AND floor(k.starts_s / 3600) = ceil(k.ends_s / 3600) - 1 THEN floor(k.starts_s / 3600)
        END::integer AS hour
    FROM analyses_in_span(:pack, :site, :from_time, :to_time, :from_clock, :to_clock, :undated) AS k
)
SELECT
    k.site, k.clock_s, k.hour,
    array_send(ARRAY(
        SELECT d.taxon_id FROM detections AS d
        WHERE d.analysis_id = k.analysis_id
            AND (:taxon_ids::integer[] IS NULL OR d.taxon_id = ANY(:taxon_ids::integer[]))
            AND (:min_confidence::real IS NULL OR d.confidence >= :min_confidence::real)
            AND d.taxon_id <> ALL(:hidden_ids::integer[])
            AND (:is_reviewed::boolean IS NULL OR d.is_reviewed = :is_reviewed::boolean)
            AND (
                d.taxon_id <> ALL(:with_threshold::integer[])
                OR reaches_threshold(:saved::jsonb, :pack, d.taxon_id, k.site, d.confidence)
            )
    )) AS taxa,
    NULL AS starts
FROM counted AS k
WHERE k.hour IS NOT NULL
UNION ALL
SELECT k.site, k.clock_s, NULL, array_send(heard.taxa), array_send(heard.starts)
FROM counted AS k
CROSS JOIN LATERAL (
    SELECT array_agg(d.taxon_id) AS taxa, array_agg(coalesce(d.started_at, '-infinity')) AS starts
    FROM detections AS d
    WHERE d.analysis_id = k.analysis_id
        AND (:taxon_ids::integer[] IS NULL OR d.taxon_id = ANY(:taxon_ids::integer[]))
        AND (
            k.is_within
            OR (coalesce(d.started_at >= k.from_time, true) AND coalesce(d.started_at < k.to_time, true))
        )
        AND (:min_confidence::real IS NULL OR d.confidence >= :min_confidence::real)
        AND d.taxon_id <> ALL(:hidden_ids::integer[])
        AND (:is_reviewed::boolean IS NULL OR d.is_reviewed = :is_reviewed::boolean)
        AND (
            d.taxon_id <> ALL(:with_threshold::integer[])
            OR reaches_threshold(:saved::jsonb, :pack, d.taxon_id, k.site, d.confidence)
        )
) AS heard
WHERE k.hour IS NULL AND heard.taxa IS NOT NULL;

-- name: ends_heard(pack, site, heard_ids, lows, highs, from_time, to_time, from_clock, to_clock, undated, min_confidence, is_reviewed, saved, with_threshold)
-- When the first and the last of these detections of each taxon begin: none is before `low`, none after `high`, and some are
-- less than an hour from there.
SELECT
    t.taxon_id,
    (
        SELECT d.started_at FROM detections AS d
        CROSS JOIN LATERAL (
            SELECT * FROM analyses_in_span(:pack, :site, :from_time, :to_time, :from_clock, :to_clock, :undated)
            WHERE analysis_id = d.analysis_id
            OFFSET 0 -- looked up for each row
        ) AS k
        WHERE d.taxon_id = t.taxon_id AND (:site::text IS NULL OR d.site = :site::text)
            AND coalesce(d.started_at, '-infinity') >= t.low
            AND (
                k.is_within
                OR (coalesce(d.started_at >= k.from_time, true) AND coalesce(d.started_at < k.to_time, true))
            )
            AND (:min_confidence::real IS NULL OR d.confidence >= :min_confidence::real)
            AND (:is_reviewed::boolean IS NULL OR d.is_reviewed = :is_reviewed::boolean)
            AND (
                d.taxon_id <> ALL(:with_threshold::integer[])
                OR reaches_threshold(:saved::jsonb, :pack, d.taxon_id, k.site, d.confidence)
            )
        ORDER BY coalesce(d.started_at, '-infinity'), d.id
        LIMIT 1
    ) AS first,
    (
        SELECT d.started_at FROM detections AS d
        CROSS JOIN LATERAL (
            SELECT * FROM analyses_in_span(:pack, :site, :from_time, :to_time, :from_clock, :to_clock, :undated)
            WHERE analysis_id = d.analysis_id
            OFFSET 0 -- looked up for each row
        ) AS k
        WHERE d.taxon_id = t.taxon_id AND (:site::text IS NULL OR d.site = :site::text)
            AND coalesce(d.started_at, '-infinity') <= t.high
            AND (
                k.is_within
                OR (coalesce(d.started_at >= k.from_time, true) AND coalesce(d.started_at < k.to_time, true))
            )
            AND (:min_confidence::real IS NULL OR d.confidence >= :min_confidence::real)
            AND (:is_reviewed::boolean IS NULL OR d.is_reviewed = :is_reviewed::boolean)
            AND (
                d.taxon_id <> ALL(:with_threshold::integer[])
                OR reaches_threshold(:saved::jsonb, :pack, d.taxon_id, k.site, d.confidence)
            )
        ORDER BY coalesce(d.started_at, '-infinity') DESC, d.id DESC
        LIMIT 1
    ) AS last
FROM unnest(:heard_ids::integer[], :lows::timestamptz[], :highs::timestamptz[]) AS t (taxon_id, low, high);

-- name: detections_of_taxa_counted(pack, site, taxon_ids, from_time, to_time, read_from, read_to, from_clock, to_clock, undated, by_cell, min_confidence, is_reviewed, hidden_ids, saved, with_threshold)
-- How often each taxon was heard, by hour of the day, by day, and by site (by_cell: by site and hour), with the first and
-- the last time. Of few taxa: by their own index, which knows instants only (read_from, read_to; both may be generous).
WITH counted AS MATERIALIZED (
    SELECT * FROM analyses_in_span(:pack, :site, :from_time, :to_time, :from_clock, :to_clock, :undated)
), heard AS (
    SELECT
        d.taxon_id, k.site, d.started_at,
        floor((date_part('epoch', d.started_at) + k.clock_s) / 3600)::integer AS hour
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT * FROM detections
        WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
            AND (:read_from::timestamptz IS NULL OR coalesce(started_at, '-infinity') >= :read_from::timestamptz)
            AND (:read_to::timestamptz IS NULL OR coalesce(started_at, '-infinity') < :read_to::timestamptz)
        OFFSET 0 -- not by analysis: all their detections would be read
    ) AS d
    JOIN counted AS k ON k.analysis_id = d.analysis_id
    WHERE (
            k.is_within
            OR (coalesce(d.started_at >= k.from_time, true) AND coalesce(d.started_at < k.to_time, true))
        )
        AND (:min_confidence::real IS NULL OR d.confidence >= :min_confidence::real)
        AND d.taxon_id <> ALL(:hidden_ids::integer[])
        AND (:is_reviewed::boolean IS NULL OR d.is_reviewed = :is_reviewed::boolean)
        AND (
            d.taxon_id <> ALL(:with_threshold::integer[])
            OR reaches_threshold(:saved::jsonb, :pack, d.taxon_id, k.site, d.confidence)
        )
)
SELECT
    taxon_id, mod(hour, 24) AS hour_of_day, hour / 24 AS day, site, CASE WHEN :by_cell::boolean THEN hour END AS hour,
    count(*) AS n, min(started_at) AS first, max(started_at) AS last,
    grouping(mod(hour, 24), hour / 24, site) AS grouping
FROM heard
GROUP BY GROUPING SETS (
    (taxon_id, mod(hour, 24)), (taxon_id, hour / 24), (taxon_id, site, CASE WHEN :by_cell::boolean THEN hour END)
);

-- name: detections_judged(pack, site, taxon_ids, from_time, to_time, from_clock, to_clock, undated, min_confidence, hidden_ids, saved, with_threshold)
-- Those that show a review, by the smallest cells there are.
WITH counted AS MATERIALIZED (
    SELECT k.*
    FROM analyses_in_span(:pack, :site, :from_time, :to_time, :from_clock, :to_clock, :undated) AS k
    WHERE EXISTS (SELECT FROM reviews AS v WHERE v.recording_id = k.recording_id)
)
SELECT
    d.taxon_id, k.site, floor((date_part('epoch', d.started_at) + k.clock_s) / 3600)::integer AS hour, shown.verdict,
    shown.corrected_taxon, count(*) AS n, min(d.started_at) AS first, max(d.started_at) AS last
FROM counted AS k
-- Of each analysis by itself: all reviewed events there are would be read otherwise.
CROSS JOIN LATERAL (
    SELECT * FROM detections WHERE analysis_id = k.analysis_id AND is_reviewed OFFSET 0
) AS d
JOIN taxa AS x ON x.id = d.taxon_id
CROSS JOIN LATERAL review_of(k.recording_id, x.scientific_name, d.onset_s, d.offset_s) AS shown
WHERE (:taxon_ids::integer[] IS NULL OR d.taxon_id = ANY(:taxon_ids::integer[]))
    AND (
        k.is_within OR (coalesce(d.started_at >= k.from_time, true) AND coalesce(d.started_at < k.to_time, true))
    )
    AND (:min_confidence::real IS NULL OR d.confidence >= :min_confidence::real)
    AND d.taxon_id <> ALL(:hidden_ids::integer[])
    AND (
        d.taxon_id <> ALL(:with_threshold::integer[])
        OR reaches_threshold(:saved::jsonb, :pack, d.taxon_id, k.site, d.confidence)
    )
GROUP BY 1, 2, 3, 4, 5;

-- name: taxa_named(taxon_ids)
SELECT id AS taxon_id, code, scientific_name, common_name, taxonomic_class
FROM taxa WHERE id = ANY(:taxon_ids::integer[]);

-- name: taxa_corrected_to(pack, scientific_names)
-- The taxon that stands for each name: the newest that the pack knows, else the newest. Of a name that none has, no row.
SELECT DISTINCT ON (x.scientific_name) x.id AS taxon_id, x.scientific_name
FROM taxa AS x
WHERE lower(x.scientific_name) IN (SELECT lower(name) FROM unnest(:scientific_names::text[]) AS name)
    AND x.scientific_name = ANY(:scientific_names::text[])
ORDER BY
    x.scientific_name,
    EXISTS (
        SELECT FROM pack_taxa AS t JOIN packs AS p ON p.id = t.pack_id WHERE t.taxon_id = x.id AND p.name = :pack
    ) DESC,
    x.id DESC;

-- name: utc_offsets_of(taxon_ids, moments)
-- By which offset from UTC clocks ran where a detection of the taxon begins at the moment.
SELECT DISTINCT ON (t.taxon_id, t.moment) t.taxon_id, t.moment, r.recorded_utc_offset_s
FROM unnest(:taxon_ids::integer[], :moments::timestamptz[]) AS t (taxon_id, moment)
JOIN detections AS d ON d.taxon_id = t.taxon_id AND coalesce(d.started_at, '-infinity') = t.moment
JOIN recordings AS r ON r.id = d.recording_id;

-- name: taxa_of_pack(pack, taxon_ids, hidden_ids)
-- Those of the taxa that the pack knows, in any of its versions, and that are not hidden.
SELECT x.id AS taxon_id, x.code, x.scientific_name, x.common_name, x.taxonomic_class
FROM taxa AS x
WHERE x.id = ANY(:taxon_ids::integer[]) AND x.id <> ALL(:hidden_ids::integer[])
    AND EXISTS (
        SELECT FROM pack_taxa AS t JOIN packs AS p ON p.id = t.pack_id WHERE t.taxon_id = x.id AND p.name = :pack
    );
