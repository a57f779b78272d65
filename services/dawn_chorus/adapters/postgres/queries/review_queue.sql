-- name: read_in_order()!
-- As for lists of detections: by an index that has the order, until a page is full. Until the end of the transaction.
SET LOCAL enable_bitmapscan = off;

-- name: taxa_with_name(name)
-- The rows of taxa whose scientific name is that of a taxon with this code or scientific name, in lower case.
SELECT id, scientific_name FROM taxa
WHERE lower(scientific_name) IN (
        SELECT lower(scientific_name) FROM taxa WHERE lower(code) = :name OR lower(scientific_name) = :name
    );

-- name: taxa_with_common_name(name)
SELECT id, scientific_name FROM taxa
WHERE lower(scientific_name) IN (SELECT lower(scientific_name) FROM taxa WHERE lower(common_name) = :name);

-- name: walk_by_confidence(taxon_ids, site, from_time, to_time, pack, tops, bottoms, after_confidences, after_ids, most, n)
-- Of each stretch of confidence, from its top down to its bottom, the first n that show no review: behind a place in it,
-- or from its top if that is null. No more than `most` are looked at; `looked` says of how many there is a next one. The
-- conditions on other tables are scalar: as joins the planner would read these tables whole.
SELECT stretch.number - 1 AS stretch, event.id, event.confidence
FROM unnest(
    :tops::real[], :bottoms::real[], :after_confidences::real[], :after_ids::bigint[]
) WITH ORDINALITY AS stretch (top, bottom, after_confidence, after_id, number)
CROSS JOIN LATERAL (
    SELECT found.id, found.confidence
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT looked.id, looked.confidence
        FROM (
            SELECT * FROM detections
            WHERE taxon_id = wanted.taxon_id AND NOT is_reviewed
                AND confidence <= least(stretch.top, stretch.after_confidence) AND confidence >= stretch.bottom
                AND (stretch.after_id IS NULL OR confidence < stretch.after_confidence OR id > stretch.after_id)
            ORDER BY confidence DESC, id
            LIMIT :most
        ) AS looked
        WHERE (:site::text IS NULL OR site = :site::text)
            AND (:from_time::timestamptz IS NULL OR started_at >= :from_time::timestamptz)
            AND (:to_time::timestamptz IS NULL OR started_at < :to_time::timestamptz)
            AND (
                SELECT :pack::text IS NULL OR c.pack_name = :pack::text
                FROM current_analyses AS c WHERE c.analysis_id = looked.analysis_id
            )
            AND (SELECT r.audio_removed_at IS NULL FROM recordings AS r WHERE r.id = looked.recording_id)
        ORDER BY confidence DESC, id
        LIMIT :n
    ) AS found
    ORDER BY found.confidence DESC, found.id
    LIMIT :n
) AS event
ORDER BY stretch.number, event.confidence DESC, event.id;

-- name: are_more_by_confidence(taxon_ids, tops, bottoms, most)$
-- Whether a stretch has more than `most` of a taxon, so that the walk above did not look at all.
SELECT EXISTS (
    SELECT
    FROM unnest(:tops::real[], :bottoms::real[]) AS stretch (top, bottom)
    CROSS JOIN unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT FROM detections
        WHERE taxon_id = wanted.taxon_id AND NOT is_reviewed
            AND confidence <= stretch.top AND confidence >= stretch.bottom
        ORDER BY confidence DESC, id
        OFFSET :most LIMIT 1
    ) AS further
);

-- name: walk_shuffled(taxon_ids, site, from_time, to_time, pack, lowest, highest, first_hash, below_hash, after_hash, after_id, most, n)
-- The first n that show no review, in the order of a hash of their ids, from first_hash on and below below_hash; behind a
-- place in it, or null. Otherwise as above.
SELECT found.id, found.hash
FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
CROSS JOIN LATERAL (
    SELECT looked.id, looked.hash
    FROM (
        SELECT *, hashint8(id) AS hash FROM detections
        WHERE taxon_id = wanted.taxon_id AND NOT is_reviewed
            AND hashint8(id) >= greatest(:first_hash::bigint, :after_hash::bigint) AND hashint8(id) < :below_hash::bigint
            AND (:after_id::bigint IS NULL OR hashint8(id) > :after_hash::bigint OR id > :after_id::bigint)
        ORDER BY hashint8(id), id
        LIMIT :most
    ) AS looked
    WHERE confidence >= :lowest::real AND confidence <= :highest::real
        AND (:site::text IS NULL OR site = :site::text)
        AND (:from_time::timestamptz IS NULL OR started_at >= :from_time::timestamptz)
        AND (:to_time::timestamptz IS NULL OR started_at < :to_time::timestamptz)
        AND (
            SELECT :pack::text IS NULL OR c.pack_name = :pack::text
            FROM current_analyses AS c WHERE c.analysis_id = looked.analysis_id
        )
        AND (SELECT r.audio_removed_at IS NULL FROM recordings AS r WHERE r.id = looked.recording_id)
    ORDER BY hash, id
    LIMIT :n
) AS found
ORDER BY found.hash, found.id
LIMIT :n;

-- name: are_more_shuffled(taxon_ids, first_hash, below_hash, most)$
SELECT EXISTS (
    SELECT
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT FROM detections
        WHERE taxon_id = wanted.taxon_id AND NOT is_reviewed
            AND hashint8(id) >= :first_hash::bigint AND hashint8(id) < :below_hash::bigint
        ORDER BY hashint8(id)
        OFFSET :most LIMIT 1
    ) AS further
);

-- name: reach(taxon_ids, most)^
-- Of the first `most` that show no review, by the hash of their ids: how many there are, and how far they reach.
SELECT count(*) AS n, max(hash) AS reached FROM (
    SELECT heard.hash
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT hashint8(id) AS hash FROM detections
        WHERE taxon_id = wanted.taxon_id AND NOT is_reviewed
        ORDER BY hashint8(id), id
        LIMIT :most
    ) AS heard
    ORDER BY hash
    LIMIT :most
) AS first;

-- name: count_near(taxon_ids, site, low, high, most)$
-- The ends of the time are scalar: seeing them, the planner would take an index on time alone where it expects no event.
-- How many events of the taxa there are at the site in the time, reviewed or not; counting ends at `most`.
SELECT count(*) FROM (
    SELECT
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT FROM detections
        WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
            AND coalesce(started_at, '-infinity') >= (SELECT coalesce(:low::timestamptz, '-infinity'))
            AND coalesce(started_at, '-infinity') < (SELECT coalesce(:high::timestamptz, 'infinity'))
        ORDER BY coalesce(started_at, '-infinity'), id
        LIMIT :most
    ) AS near
    LIMIT :most
) AS counted;

-- name: events_near(taxon_ids, site, low, high, pack, lowest, highest)
-- Those of them that show no review, all at once, in no order. Each analysis is looked up once; IN stands beside a false
-- so that it is a set to look into, and no join, which the planner would make with loops.
WITH near AS MATERIALIZED (
    SELECT d.*
    FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
    CROSS JOIN LATERAL (
        SELECT id, confidence, analysis_id, recording_id, is_reviewed FROM detections
        WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
            AND coalesce(started_at, '-infinity') >= (SELECT coalesce(:low::timestamptz, '-infinity'))
            AND coalesce(started_at, '-infinity') < (SELECT coalesce(:high::timestamptz, 'infinity'))
        ORDER BY coalesce(started_at, '-infinity'), id
    ) AS d
), heard AS (
    SELECT DISTINCT analysis_id, recording_id FROM near
)
SELECT id, confidence, hashint8(id) AS hash FROM near
WHERE NOT is_reviewed AND confidence >= :lowest::real AND confidence <= :highest::real
    AND (
        false OR analysis_id IN (
            SELECT analysis_id FROM heard
            WHERE (
                    SELECT :pack::text IS NULL OR c.pack_name = :pack::text
                    FROM current_analyses AS c WHERE c.analysis_id = heard.analysis_id
                )
                AND (SELECT r.audio_removed_at IS NULL FROM recordings AS r WHERE r.id = heard.recording_id)
        )
    );

-- name: events_of(analysis_ids, taxon_ids, site, from_time, to_time, lowest, highest)
-- The same of a few analyses, all of which count.
WITH near AS MATERIALIZED (
    SELECT id, confidence, recording_id FROM detections
    WHERE analysis_id = ANY(:analysis_ids::uuid[]) AND taxon_id = ANY(:taxon_ids::integer[]) AND NOT is_reviewed
        AND confidence >= :lowest::real AND confidence <= :highest::real
        AND (:site::text IS NULL OR site = :site::text)
        AND (:from_time::timestamptz IS NULL OR started_at >= :from_time::timestamptz)
        AND (:to_time::timestamptz IS NULL OR started_at < :to_time::timestamptz)
)
SELECT id, confidence, hashint8(id) AS hash FROM near
WHERE (SELECT r.audio_removed_at IS NULL FROM recordings AS r WHERE r.id = near.recording_id);

-- name: sample_left(taxon_ids, pack, lowest, highest, most)^
-- Of the first `most` that show no review, by the hash of their ids: how many are wanted, how many were looked at, and how
-- far they reach.
SELECT count(*) FILTER (WHERE is_wanted) AS wanted, count(*) AS looked, max(hash) AS reached FROM (
    SELECT hash, coalesce(
        confidence >= :lowest::real AND confidence <= :highest::real
        AND (
            SELECT :pack::text IS NULL OR c.pack_name = :pack::text
            FROM current_analyses AS c WHERE c.analysis_id = looked.analysis_id
        )
        AND (SELECT r.audio_removed_at IS NULL FROM recordings AS r WHERE r.id = looked.recording_id), false
    ) AS is_wanted
    FROM (
        SELECT heard.*
        FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
        CROSS JOIN LATERAL (
            SELECT analysis_id, recording_id, confidence, hashint8(id) AS hash FROM detections
            WHERE taxon_id = wanted.taxon_id AND NOT is_reviewed
            ORDER BY hashint8(id), id
            LIMIT :most
        ) AS heard
        ORDER BY hash
        LIMIT :most
    ) AS looked
) AS counted;

-- name: count_left_near(taxon_ids, site, low, high, pack, lowest, highest, most)$
-- Of the earliest `most` at the site in the time, how many are wanted, and how many were looked at.
SELECT array[count(*) FILTER (WHERE is_wanted), count(*)] FROM (
    SELECT NOT is_reviewed AND confidence >= :lowest::real AND confidence <= :highest::real
            AND coalesce(
            (
            SELECT :pack::text IS NULL OR c.pack_name = :pack::text
            FROM current_analyses AS c WHERE c.analysis_id = looked.analysis_id
        )
        AND (SELECT r.audio_removed_at IS NULL FROM recordings AS r WHERE r.id = looked.recording_id), false
    ) AS is_wanted
    FROM (
        SELECT heard.*
        FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
        CROSS JOIN LATERAL (
            SELECT analysis_id, recording_id, is_reviewed, confidence FROM detections
            WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
                AND coalesce(started_at, '-infinity') >= (SELECT coalesce(:low::timestamptz, '-infinity'))
                AND coalesce(started_at, '-infinity') < (SELECT coalesce(:high::timestamptz, 'infinity'))
            ORDER BY coalesce(started_at, '-infinity'), id
            LIMIT :most
        ) AS heard
        LIMIT :most
    ) AS looked
) AS counted;

-- name: count_reviews(scientific_name, site, from_time, to_time, most)$
-- How many reviews of a taxon there are among the newest `most`, and how many were looked at.
SELECT array[count(*) FILTER (WHERE is_wanted), count(*)] FROM (
    SELECT (
            (:site::text IS NULL OR site = :site::text)
            AND (:from_time::timestamptz IS NULL OR started_at >= :from_time::timestamptz)
            AND (:to_time::timestamptz IS NULL OR started_at < :to_time::timestamptz)
        ) IS TRUE AS is_wanted
    FROM (
        SELECT * FROM reviews WHERE scientific_name = (SELECT :scientific_name::text)
        ORDER BY id DESC LIMIT :most
    ) AS looked
) AS counted;

-- name: queued_events(ids)
SELECT
    d.id, d.analysis_id, d.recording_id, d.site, d.onset_s, d.offset_s, d.started_at, d.confidence, d.channel,
    d.spread,
    x.code, x.scientific_name, x.common_name, x.taxonomic_class,
    r.filename, r.sample_rate_hz, r.latitude, r.longitude, r.recorded_at, r.recorded_utc_offset_s,
    r.duration_s, r.format, r.channels, a.pack_name, a.pack_version, a.finished_at
FROM detections AS d
JOIN taxa AS x ON x.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id
WHERE d.id = ANY(:ids::bigint[]);
