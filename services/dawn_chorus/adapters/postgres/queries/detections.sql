-- name: get_source(analysis_id)^
SELECT
    r.id AS recording_id, r.filename, r.sample_rate_hz, r.site, r.latitude, r.longitude, r.recorded_at,
    r.recorded_utc_offset_s, r.duration_s, r.format, a.pack_name, a.pack_version, a.finished_at
FROM analyses AS a JOIN recordings AS r ON r.id = a.recording_id
WHERE a.id = :analysis_id;

-- name: read_in_order()!
-- A page is read from an index that has its order, until it is full. The planner overrates what is at hand in memory: it
-- reads and sorts all rows of a site and taxon instead, a hundred times as many. Until the end of the transaction.
SET LOCAL enable_bitmapscan = off;

-- name: latest_detections(site, from_time, to_time, min_confidence, pack, all_analyses, saved, reviewed, hidden_ids, before_time, before_id, n)
-- Latest first, undated last, by an index on time: of all, of a site, or of sure detections. Whether its analysis counts is
-- looked up for each row of the page, before the limit, and whether it reaches its saved threshold (null: none counts). A
-- pack that is null: all packs. Not to be prepared: a plan for any value cannot use the indexes of sure detections.
SELECT
    d.id, d.analysis_id, d.recording_id, d.site, d.onset_s, d.offset_s, d.started_at, d.confidence, d.channel,
    d.spread,
    x.code, x.scientific_name, x.common_name, x.taxonomic_class,
    r.filename, r.sample_rate_hz, r.latitude, r.longitude, r.recorded_at, r.recorded_utc_offset_s,
    r.duration_s, r.format, a.pack_name, a.pack_version, a.finished_at
FROM (
    SELECT * FROM detections AS heard
    WHERE (:site::text IS NULL OR site = :site::text)
        AND (:from_time::timestamptz IS NULL OR coalesce(started_at, '-infinity') >= :from_time::timestamptz)
        AND (
            :to_time::timestamptz IS NULL
            OR (started_at IS NOT NULL AND coalesce(started_at, '-infinity') < :to_time::timestamptz)
        )
        AND confidence >= :min_confidence::real
        AND EXISTS (
            SELECT FROM analyses AS a LEFT JOIN current_analyses AS c ON c.analysis_id = a.id
            WHERE a.id = heard.analysis_id AND (:pack::text IS NULL OR a.pack_name = :pack::text)
                AND (:all_analyses::boolean OR c.analysis_id IS NOT NULL)
                AND (
                    :saved::jsonb IS NULL
                    OR reaches_threshold(:saved::jsonb, a.pack_name, heard.taxon_id, heard.site, heard.confidence)
                )
        )
        AND (:hidden_ids::integer[] IS NULL OR taxon_id <> ALL(:hidden_ids::integer[]))
        AND (
            :reviewed::text[] IS NULL
            OR coalesce((
                SELECT CASE WHEN said.corrected_taxon IS NULL THEN said.verdict ELSE 'corrected' END FROM taxa AS named
                CROSS JOIN LATERAL review_of(heard.recording_id, named.scientific_name, heard.onset_s, heard.offset_s) AS said
                WHERE named.id = heard.taxon_id
            ), 'none') = ANY(:reviewed::text[])
        )
        AND (
            :before_id::bigint IS NULL
            OR (coalesce(started_at, '-infinity'), id)
            < (coalesce(:before_time::timestamptz, '-infinity'), :before_id::bigint)
        )
    ORDER BY coalesce(started_at, '-infinity') DESC, id DESC
    LIMIT :n
) AS d
JOIN taxa AS x ON x.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id
ORDER BY coalesce(d.started_at, '-infinity') DESC, d.id DESC;

-- name: analyses_of_pack(pack, all_analyses, most)$
-- The ids of the analyses of a pack that count, at most so many.
SELECT coalesce(array_agg(id), '{}') FROM (
    (SELECT analysis_id AS id FROM current_analyses WHERE pack_name = :pack AND NOT :all_analyses::boolean LIMIT :most)
    UNION ALL
    (SELECT id FROM analyses WHERE pack_name = :pack AND :all_analyses::boolean LIMIT :most)
) AS found;

-- name: count_detections_of(analysis_ids, most)$
-- How many detections these analyses have, counted up to so many.
SELECT count(*) FROM (SELECT FROM detections WHERE analysis_id = ANY(:analysis_ids::uuid[]) LIMIT :most) AS found;

-- name: latest_detections_of_analyses(analysis_ids, taxon_ids, site, from_time, to_time, min_confidence, pack, saved, reviewed, hidden_ids, before_time, before_id, n)
-- As above, for analyses that have few: all of them are read and sorted. taxon_ids that are null: all taxa.
WITH found AS MATERIALIZED (
    SELECT * FROM detections WHERE analysis_id = ANY(:analysis_ids::uuid[])
)
SELECT
    d.id, d.analysis_id, d.recording_id, d.site, d.onset_s, d.offset_s, d.started_at, d.confidence, d.channel,
    d.spread,
    x.code, x.scientific_name, x.common_name, x.taxonomic_class,
    r.filename, r.sample_rate_hz, r.latitude, r.longitude, r.recorded_at, r.recorded_utc_offset_s,
    r.duration_s, r.format, a.pack_name, a.pack_version, a.finished_at
FROM (
    SELECT * FROM found AS heard
    WHERE (:taxon_ids::integer[] IS NULL OR taxon_id = ANY(:taxon_ids::integer[]))
        AND (:site::text IS NULL OR site = :site::text)
        AND (:from_time::timestamptz IS NULL OR coalesce(started_at, '-infinity') >= :from_time::timestamptz)
        AND (
            :to_time::timestamptz IS NULL
            OR (started_at IS NOT NULL AND coalesce(started_at, '-infinity') < :to_time::timestamptz)
        )
        AND confidence >= :min_confidence::real
        AND (:saved::jsonb IS NULL OR reaches_threshold(:saved::jsonb, :pack::text, taxon_id, site, confidence))
        AND (:hidden_ids::integer[] IS NULL OR taxon_id <> ALL(:hidden_ids::integer[]))
        AND (
            :reviewed::text[] IS NULL
            OR coalesce((
                SELECT CASE WHEN said.corrected_taxon IS NULL THEN said.verdict ELSE 'corrected' END FROM taxa AS named
                CROSS JOIN LATERAL review_of(heard.recording_id, named.scientific_name, heard.onset_s, heard.offset_s) AS said
                WHERE named.id = heard.taxon_id
            ), 'none') = ANY(:reviewed::text[])
        )
        AND (
            :before_id::bigint IS NULL
            OR (coalesce(started_at, '-infinity'), id)
            < (coalesce(:before_time::timestamptz, '-infinity'), :before_id::bigint)
        )
    ORDER BY coalesce(started_at, '-infinity') DESC, id DESC
    LIMIT :n
) AS d
JOIN taxa AS x ON x.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id
ORDER BY coalesce(d.started_at, '-infinity') DESC, d.id DESC;

-- name: nearest_detections_of_taxa(taxon_ids, site, from_time, to_time, min_confidence, pack, all_analyses, saved, reviewed, before_time, before_id, n, most)
-- As above, but only those among the first `most` of any taxon: fewer than n, if there may be more. For classes, which may
-- have thousands of taxa, most of which were never heard.
SELECT
    d.id, d.analysis_id, d.recording_id, d.site, d.onset_s, d.offset_s, d.started_at, d.confidence, d.channel,
    d.spread,
    x.code, x.scientific_name, x.common_name, x.taxonomic_class,
    r.filename, r.sample_rate_hz, r.latitude, r.longitude, r.recorded_at, r.recorded_utc_offset_s,
    r.duration_s, r.format, a.pack_name, a.pack_version, a.finished_at
FROM (
    SELECT * FROM (
        SELECT *, coalesce(started_at, '-infinity') AS heard_at FROM detections
        WHERE (:site::text IS NULL OR site = :site::text)
            AND (:from_time::timestamptz IS NULL OR coalesce(started_at, '-infinity') >= :from_time::timestamptz)
            AND (
                :to_time::timestamptz IS NULL
                OR (started_at IS NOT NULL AND coalesce(started_at, '-infinity') < :to_time::timestamptz)
            )
            AND confidence >= :min_confidence::real
            AND (
                :before_id::bigint IS NULL
                OR (coalesce(started_at, '-infinity'), id)
                < (coalesce(:before_time::timestamptz, '-infinity'), :before_id::bigint)
            )
        ORDER BY coalesce(started_at, '-infinity') DESC, id DESC
        LIMIT :most
    ) AS heard
    WHERE taxon_id = ANY(:taxon_ids::integer[])
        AND EXISTS (
            SELECT FROM analyses AS a LEFT JOIN current_analyses AS c ON c.analysis_id = a.id
            WHERE a.id = heard.analysis_id AND (:pack::text IS NULL OR a.pack_name = :pack::text)
                AND (:all_analyses::boolean OR c.analysis_id IS NOT NULL)
                AND (
                    :saved::jsonb IS NULL
                    OR reaches_threshold(:saved::jsonb, a.pack_name, heard.taxon_id, heard.site, heard.confidence)
                )
        )
        AND (
            :reviewed::text[] IS NULL
            OR coalesce((
                SELECT CASE WHEN said.corrected_taxon IS NULL THEN said.verdict ELSE 'corrected' END FROM taxa AS named
                CROSS JOIN LATERAL review_of(heard.recording_id, named.scientific_name, heard.onset_s, heard.offset_s) AS said
                WHERE named.id = heard.taxon_id
            ), 'none') = ANY(:reviewed::text[])
        )
    ORDER BY heard_at DESC, id DESC
    LIMIT :n
) AS d
JOIN taxa AS x ON x.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id
ORDER BY d.heard_at DESC, d.id DESC;

-- name: are_more(site, from_time, to_time, min_confidence, before_time, before_id, most)$
-- Whether there are as many of any taxon.
SELECT EXISTS (
    SELECT FROM detections
    WHERE (:site::text IS NULL OR site = :site::text)
        AND (:from_time::timestamptz IS NULL OR coalesce(started_at, '-infinity') >= :from_time::timestamptz)
        AND (
            :to_time::timestamptz IS NULL
            OR (started_at IS NOT NULL AND coalesce(started_at, '-infinity') < :to_time::timestamptz)
        )
        AND confidence >= :min_confidence::real
        AND (
            :before_id::bigint IS NULL
            OR (coalesce(started_at, '-infinity'), id)
            < (coalesce(:before_time::timestamptz, '-infinity'), :before_id::bigint)
        )
    ORDER BY coalesce(started_at, '-infinity') DESC, id DESC
    OFFSET :most - 1 LIMIT 1
);

-- name: latest_detections_of_taxa(taxon_ids, site, from_time, to_time, min_confidence, pack, all_analyses, saved, reviewed, before_time, before_id, n)
-- As above; each taxon by its own index, then merged.
SELECT
    d.id, d.analysis_id, d.recording_id, d.site, d.onset_s, d.offset_s, d.started_at, d.confidence, d.channel,
    d.spread,
    x.code, x.scientific_name, x.common_name, x.taxonomic_class,
    r.filename, r.sample_rate_hz, r.latitude, r.longitude, r.recorded_at, r.recorded_utc_offset_s,
    r.duration_s, r.format, a.pack_name, a.pack_version, a.finished_at
FROM (
    SELECT found.*
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT * FROM detections AS heard
        WHERE taxon_id = wanted.taxon_id
            AND (:site::text IS NULL OR site = :site::text)
            AND (:from_time::timestamptz IS NULL OR coalesce(started_at, '-infinity') >= :from_time::timestamptz)
            AND (
                :to_time::timestamptz IS NULL
                OR (started_at IS NOT NULL AND coalesce(started_at, '-infinity') < :to_time::timestamptz)
            )
            AND confidence >= :min_confidence::real
            AND EXISTS (
                SELECT FROM analyses AS a LEFT JOIN current_analyses AS c ON c.analysis_id = a.id
                WHERE a.id = heard.analysis_id AND (:pack::text IS NULL OR a.pack_name = :pack::text)
                    AND (:all_analyses::boolean OR c.analysis_id IS NOT NULL)
                    AND (
                        :saved::jsonb IS NULL
                        OR reaches_threshold(:saved::jsonb, a.pack_name, heard.taxon_id, heard.site, heard.confidence)
                    )
            )
            AND (
                :reviewed::text[] IS NULL
                OR coalesce((
                    SELECT CASE WHEN said.corrected_taxon IS NULL THEN said.verdict ELSE 'corrected' END FROM taxa AS named
                    CROSS JOIN LATERAL review_of(heard.recording_id, named.scientific_name, heard.onset_s, heard.offset_s) AS said
                    WHERE named.id = heard.taxon_id
                ), 'none') = ANY(:reviewed::text[])
            )
            AND (
                :before_id::bigint IS NULL
                OR (coalesce(started_at, '-infinity'), id)
                < (coalesce(:before_time::timestamptz, '-infinity'), :before_id::bigint)
            )
        ORDER BY coalesce(started_at, '-infinity') DESC, id DESC
        LIMIT :n
    ) AS found
    ORDER BY coalesce(found.started_at, '-infinity') DESC, found.id DESC
    LIMIT :n
) AS d
JOIN taxa AS x ON x.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id
ORDER BY coalesce(d.started_at, '-infinity') DESC, d.id DESC;

-- name: surest_detections(taxon_ids, site, from_time, to_time, min_confidence, pack, all_analyses, saved, reviewed, before_confidence, after_id, n)
-- The most confident first, of equals the one stored first; each taxon by its own index, then merged. The index knows the
-- site, too: of those elsewhere no row is read. Filters as in latest_detections.
SELECT
    d.id, d.analysis_id, d.recording_id, d.site, d.onset_s, d.offset_s, d.started_at, d.confidence, d.channel,
    d.spread,
    x.code, x.scientific_name, x.common_name, x.taxonomic_class,
    r.filename, r.sample_rate_hz, r.latitude, r.longitude, r.recorded_at, r.recorded_utc_offset_s,
    r.duration_s, r.format, a.pack_name, a.pack_version, a.finished_at
FROM (
    SELECT found.*
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT heard.*
        FROM (
            SELECT id, confidence FROM detections
            WHERE taxon_id = wanted.taxon_id
                AND (:site::text IS NULL OR site = :site::text)
                AND confidence >= :min_confidence::real
                AND (
                    :before_confidence::real IS NULL
                    OR (confidence <= :before_confidence::real
                        AND (confidence < :before_confidence::real OR id > :after_id::bigint))
                )
            ORDER BY confidence DESC, id
            OFFSET 0
        ) AS place
        CROSS JOIN LATERAL (SELECT * FROM detections WHERE id = place.id OFFSET 0) AS heard
        WHERE (:from_time::timestamptz IS NULL OR coalesce(started_at, '-infinity') >= :from_time::timestamptz)
            AND (
                :to_time::timestamptz IS NULL
                OR (started_at IS NOT NULL AND coalesce(started_at, '-infinity') < :to_time::timestamptz)
            )
            AND EXISTS (
                SELECT FROM analyses AS a LEFT JOIN current_analyses AS c ON c.analysis_id = a.id
                WHERE a.id = heard.analysis_id AND (:pack::text IS NULL OR a.pack_name = :pack::text)
                    AND (:all_analyses::boolean OR c.analysis_id IS NOT NULL)
                    AND (
                        :saved::jsonb IS NULL
                        OR reaches_threshold(:saved::jsonb, a.pack_name, heard.taxon_id, heard.site, heard.confidence)
                    )
            )
            AND (
                :reviewed::text[] IS NULL
                OR coalesce((
                    SELECT CASE WHEN said.corrected_taxon IS NULL THEN said.verdict ELSE 'corrected' END FROM taxa AS named
                    CROSS JOIN LATERAL review_of(heard.recording_id, named.scientific_name, heard.onset_s, heard.offset_s) AS said
                    WHERE named.id = heard.taxon_id
                ), 'none') = ANY(:reviewed::text[])
            )
        ORDER BY place.confidence DESC, place.id
        LIMIT :n
    ) AS found
    ORDER BY found.confidence DESC, found.id
    LIMIT :n
) AS d
JOIN taxa AS x ON x.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id
ORDER BY d.confidence DESC, d.id;
