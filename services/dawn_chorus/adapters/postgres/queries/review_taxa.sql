-- name: heard_taxa(site, pack, text)
-- The taxa with events, at the site if one is given, of the pack, and with the text, in lower case, in their names: each
-- by one look into an index.
WITH RECURSIVE heard AS (
    (
        SELECT taxon_id FROM detections WHERE :site::text IS NULL OR site = :site::text ORDER BY taxon_id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT d.taxon_id FROM detections AS d
        WHERE d.taxon_id > heard.taxon_id AND (:site::text IS NULL OR d.site = :site::text)
        ORDER BY d.taxon_id LIMIT 1
    )
    FROM heard WHERE heard.taxon_id IS NOT NULL
)
SELECT x.id, x.code, x.scientific_name, x.common_name, x.taxonomic_class
FROM heard JOIN taxa AS x ON x.id = heard.taxon_id
WHERE (
        position(:text IN lower(x.common_name)) > 0 OR position(:text IN lower(x.scientific_name)) > 0
        OR position(:text IN lower(x.code)) > 0
    )
    AND (
        :pack::text IS NULL
        OR EXISTS (
            SELECT FROM pack_taxa AS pt JOIN packs AS p ON p.id = pt.pack_id
            WHERE pt.taxon_id = x.id AND p.name = :pack::text
        )
    );

-- name: sample_left(taxon_ids, most)
-- Of each taxon the first events that show no review, by the hash of their ids, at most so many: how many there are, and
-- how far they reach. Of all analyses.
SELECT wanted.taxon_id, sample.n, sample.reached
FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS n, max(hash) AS reached FROM (
        SELECT hashint8(id) AS hash FROM detections
        WHERE taxon_id = wanted.taxon_id AND NOT is_reviewed
        ORDER BY hashint8(id), id
        LIMIT :most
    ) AS first
) AS sample;

-- name: sample_near(taxon_ids, site, low, high, most)
-- How many events of each taxon there are at the site in the time, at most so many, reviewed or not. Of all analyses.
-- Without a time and an order the index is all that is read.
SELECT wanted.taxon_id, sample.n
FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM detections
        WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
            AND (:low::timestamptz IS NULL OR coalesce(started_at, '-infinity') >= (SELECT :low::timestamptz))
            AND (:high::timestamptz IS NULL OR coalesce(started_at, '-infinity') < (SELECT :high::timestamptz))
        LIMIT :most
    ) AS near
) AS sample;

-- name: count_taxa_left(taxon_ids, pack)
-- Exactly how many events of each taxon show no review, of analyses that count and of recordings with audio.
SELECT wanted.taxon_id, count(*) AS n
FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
CROSS JOIN LATERAL (
    SELECT analysis_id, recording_id FROM detections
    WHERE taxon_id = wanted.taxon_id AND NOT is_reviewed
    ORDER BY hashint8(id), id
    OFFSET 0
) AS event
WHERE (
        SELECT :pack::text IS NULL OR c.pack_name = :pack::text
        FROM current_analyses AS c WHERE c.analysis_id = event.analysis_id
    )
    AND (SELECT r.audio_removed_at IS NULL FROM recordings AS r WHERE r.id = event.recording_id)
GROUP BY wanted.taxon_id;

-- name: count_taxa_left_near(taxon_ids, pack, site, low, high)
-- The same at the site in the time.
SELECT wanted.taxon_id, count(*) AS n
FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
CROSS JOIN LATERAL (
    SELECT analysis_id, recording_id, is_reviewed FROM detections
    WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
        AND coalesce(started_at, '-infinity') >= (SELECT coalesce(:low::timestamptz, '-infinity'))
        AND coalesce(started_at, '-infinity') < (SELECT coalesce(:high::timestamptz, 'infinity'))
    ORDER BY coalesce(started_at, '-infinity'), id
    OFFSET 0
) AS event
WHERE NOT is_reviewed
    AND (
        SELECT :pack::text IS NULL OR c.pack_name = :pack::text
        FROM current_analyses AS c WHERE c.analysis_id = event.analysis_id
    )
    AND (SELECT r.audio_removed_at IS NULL FROM recordings AS r WHERE r.id = event.recording_id)
GROUP BY wanted.taxon_id;

-- name: count_reviews_of(names, most)
-- How many reviews each taxon has, at most so many.
SELECT wanted.scientific_name, counted.n
FROM unnest(:names::text[]) AS wanted (scientific_name)
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM reviews WHERE scientific_name = wanted.scientific_name ORDER BY id LIMIT :most
    ) AS own
) AS counted;

-- name: count_reviews_near(site, from_time, to_time, most)
-- How many reviews each taxon has in the recordings of a site that start in the time: in `most` recordings at most. One row
-- of no taxon stands for those without a review: without any row, there is no recording.
WITH near AS MATERIALIZED (
    SELECT id FROM recordings
    WHERE (:site::text IS NULL OR site = :site::text)
        AND (:from_time::timestamptz IS NULL OR recorded_at >= :from_time::timestamptz)
        AND (:to_time::timestamptz IS NULL OR recorded_at < :to_time::timestamptz)
    LIMIT :most
)
SELECT v.scientific_name, count(v.id) AS n, (SELECT count(*) FROM near) AS looked
FROM near LEFT JOIN reviews AS v ON v.recording_id = near.id
GROUP BY v.scientific_name;
