-- name: judged_reviews(scientific_name, taxon_ids, site, pack)
-- The taxon's reviews, each with the highest confidence of the pack's current events that it overlaps by the rule of
-- review_of; null: it overlaps none. Several reviews of one event: all but the one that it shows are marked as repeated.
-- Only events that are marked as reviewed are looked at: one that a review overlaps so shows it, or another one.
WITH judged AS MATERIALIZED (
    SELECT r.* FROM reviews AS r
    WHERE r.scientific_name = :scientific_name
        AND (
            :site::text IS NULL
            OR EXISTS (SELECT FROM recordings AS heard WHERE heard.id = r.recording_id AND heard.site = :site::text)
        )
), events AS MATERIALIZED (
    SELECT
        d.id, d.recording_id, d.confidence, round(d.onset_s * 1000)::integer AS onset_ms,
        round(d.offset_s * 1000)::integer AS offset_ms
    FROM (SELECT DISTINCT recording_id FROM judged) AS heard
    JOIN current_analyses AS c ON c.recording_id = heard.recording_id AND c.pack_name = :pack
    -- Of each analysis by itself: all reviewed events there are would be read otherwise.
    CROSS JOIN LATERAL (
        SELECT * FROM detections WHERE analysis_id = c.analysis_id AND is_reviewed OFFSET 0
    ) AS d
    WHERE d.taxon_id = ANY(:taxon_ids::integer[])
), matched AS (
    SELECT DISTINCT ON (r.id) r.id, d.id AS detection_id, d.confidence, shared.ms
    FROM judged AS r
    JOIN events AS d ON d.recording_id = r.recording_id
    CROSS JOIN LATERAL (SELECT least(r.offset_ms, d.offset_ms) - greatest(r.onset_ms, d.onset_ms) AS ms) AS shared
    WHERE shared.ms > 0 AND shared.ms * 2 >= least(r.offset_ms - r.onset_ms, d.offset_ms - d.onset_ms)
    ORDER BY r.id, d.confidence DESC, shared.ms DESC, d.id
)
SELECT
    r.verdict, coalesce(r.strategy, 'none') AS strategy, m.confidence,
    m.detection_id IS NOT NULL
        AND row_number() OVER (PARTITION BY m.detection_id ORDER BY m.ms DESC, r.reviewed_at DESC, r.id DESC) > 1
        AS repeated
FROM judged AS r LEFT JOIN matched AS m USING (id);

-- name: sample_confidences(taxon_ids, site, pack, n)
-- Of the pack's current events, at most so many: each as likely as any other, and the same ones each time. Both halves by
-- indexes that leave the other out.
SELECT sampled.confidence
FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
CROSS JOIN LATERAL (
    (
        SELECT confidence, hashint8(id) AS place FROM detections AS heard
        WHERE taxon_id = wanted.taxon_id AND NOT is_reviewed AND (:site::text IS NULL OR site = :site::text)
            AND EXISTS (
                SELECT FROM current_analyses AS c WHERE c.analysis_id = heard.analysis_id AND c.pack_name = :pack
            )
        ORDER BY hashint8(id), id
        LIMIT :n
    )
    UNION ALL
    (
        SELECT confidence, hashint8(id) AS place FROM detections AS heard
        WHERE taxon_id = wanted.taxon_id AND is_reviewed AND (:site::text IS NULL OR site = :site::text)
            AND EXISTS (
                SELECT FROM current_analyses AS c WHERE c.analysis_id = heard.analysis_id AND c.pack_name = :pack
            )
        ORDER BY hashint8(id), id
        LIMIT :n
    )
) AS sampled
ORDER BY sampled.place
LIMIT :n;
