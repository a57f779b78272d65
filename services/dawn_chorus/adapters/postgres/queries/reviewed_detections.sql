-- name: longest()^
-- Of all: the longest review in milliseconds, the longest event in seconds. Each is one look into an index.
SELECT
    coalesce((SELECT max(offset_ms - onset_ms) FROM reviews), 0) AS review_ms,
    coalesce((SELECT max(offset_s - onset_s) FROM detections WHERE offset_s - onset_s > 60), 60) AS event_s;

-- name: latest_reviews(verdict, identified, scientific_names, site, until, before_ended, before_id, n)
-- Of dated recordings, those first that end last. A verdict that is null: any. identified: only those that name a taxon.
SELECT id, ended_at FROM reviews
WHERE ended_at IS NOT NULL AND (:verdict::text IS NULL OR verdict = :verdict::text)
    AND (NOT :identified::boolean OR verdict = 'confirmed' OR corrected_taxon IS NOT NULL)
    AND (:scientific_names::text[] IS NULL OR scientific_name = ANY(:scientific_names::text[]))
    AND (:site::text IS NULL OR site = :site::text)
    AND (:until::timestamptz IS NULL OR ended_at < :until::timestamptz)
    AND (
        :before_id::uuid IS NULL OR (ended_at, id) < (:before_ended::timestamptz, :before_id::uuid)
    )
ORDER BY ended_at DESC, id DESC
LIMIT :n;

-- name: undated_reviews(verdict, identified, scientific_names, site)
SELECT id FROM reviews
WHERE ended_at IS NULL AND (:verdict::text IS NULL OR verdict = :verdict::text)
    AND (NOT :identified::boolean OR verdict = 'confirmed' OR corrected_taxon IS NOT NULL)
    AND (:scientific_names::text[] IS NULL OR scientific_name = ANY(:scientific_names::text[]))
    AND (:site::text IS NULL OR site = :site::text);

-- name: detections_of_reviews(review_ids, event_s, taxon_ids, from_time, to_time, min_confidence, pack, all_analyses, saved, hidden_ids, before_time, before_id, n)
-- The detections that show one of these reviews, in the order of latest_detections. Those of a dated review are found by site,
-- taxon and time: none begins earlier than the longest one is long.
SELECT
    d.id, d.analysis_id, d.recording_id, d.site, d.onset_s, d.offset_s, d.started_at, d.confidence, d.channel,
    d.spread,
    d.code, d.scientific_name, d.common_name, d.taxonomic_class,
    r.filename, r.sample_rate_hz, r.latitude, r.longitude, r.recorded_at, r.recorded_utc_offset_s,
    r.duration_s, r.format, a.pack_name, a.pack_version, a.finished_at
FROM (
    SELECT heard.*, named.code, named.scientific_name, named.common_name, named.taxonomic_class
    FROM reviews AS said
    CROSS JOIN LATERAL (
        SELECT * FROM taxa AS x
        WHERE lower(x.scientific_name) = lower(said.scientific_name) AND x.scientific_name = said.scientific_name
        OFFSET 0 -- looked up for each review; else all taxa would be read
    ) AS named
    CROSS JOIN LATERAL (
        SELECT * FROM detections AS dated
        WHERE said.started_at IS NOT NULL AND said.site IS NOT NULL
            AND dated.site = said.site AND dated.taxon_id = named.id
            AND coalesce(dated.started_at, '-infinity') > said.started_at - :event_s::float8 * interval '1 second'
            AND coalesce(dated.started_at, '-infinity') < said.ended_at
        UNION ALL
        SELECT * FROM detections AS dated
        WHERE said.started_at IS NOT NULL AND said.site IS NULL
            AND dated.taxon_id = named.id
            AND coalesce(dated.started_at, '-infinity') > said.started_at - :event_s::float8 * interval '1 second'
            AND coalesce(dated.started_at, '-infinity') < said.ended_at
        UNION ALL
        SELECT undated.*
        FROM (SELECT * FROM detections WHERE recording_id = said.recording_id OFFSET 0) AS undated
        WHERE said.started_at IS NULL AND undated.taxon_id = named.id
    ) AS heard
    CROSS JOIN LATERAL review_of(heard.recording_id, named.scientific_name, heard.onset_s, heard.offset_s) AS shown
    WHERE said.id = ANY(:review_ids::uuid[]) AND heard.recording_id = said.recording_id AND shown.id = said.id
        AND (:taxon_ids::integer[] IS NULL OR heard.taxon_id = ANY(:taxon_ids::integer[]))
        AND (:hidden_ids::integer[] IS NULL OR heard.taxon_id <> ALL(:hidden_ids::integer[]))
        AND (:from_time::timestamptz IS NULL OR coalesce(heard.started_at, '-infinity') >= :from_time::timestamptz)
        AND (
            :to_time::timestamptz IS NULL
            OR (heard.started_at IS NOT NULL AND coalesce(heard.started_at, '-infinity') < :to_time::timestamptz)
        )
        AND heard.confidence >= :min_confidence::real
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
            :before_id::bigint IS NULL
            OR (coalesce(heard.started_at, '-infinity'), heard.id)
            < (coalesce(:before_time::timestamptz, '-infinity'), :before_id::bigint)
        )
    ORDER BY coalesce(heard.started_at, '-infinity') DESC, heard.id DESC
    LIMIT :n
) AS d
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id
ORDER BY coalesce(d.started_at, '-infinity') DESC, d.id DESC;
