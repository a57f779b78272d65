-- name: judged_reviews(scientific_name, taxon_ids, site, pack)
-- The taxon's reviews, each with the highest confidence of the pack's current events that it overlaps by the rule of
-- review_of; null: it overlaps none. Several reviews of one event: all but the one that it shows are marked as repeated.
WITH judged AS (
    SELECT r.*, a.analysis_id
    FROM reviews AS r
    LEFT JOIN current_analyses AS a ON a.recording_id = r.recording_id AND a.pack_name = :pack
    WHERE r.scientific_name = :scientific_name
        AND (
            :site::text IS NULL
            OR EXISTS (SELECT FROM recordings AS heard WHERE heard.id = r.recording_id AND heard.site = :site::text)
        )
), matched AS (
    SELECT DISTINCT ON (r.id) r.id, d.id AS detection_id, d.confidence, shared.ms
    FROM judged AS r
    JOIN detections AS d ON d.analysis_id = r.analysis_id AND d.taxon_id = ANY(:taxon_ids::integer[])
    CROSS JOIN LATERAL (
        SELECT least(r.offset_ms, round(d.offset_s * 1000)) - greatest(r.onset_ms, round(d.onset_s * 1000)) AS ms
    ) AS shared
    WHERE shared.ms > 0
        AND shared.ms * 2 >= least(r.offset_ms - r.onset_ms, round(d.offset_s * 1000) - round(d.onset_s * 1000))
    ORDER BY r.id, d.confidence DESC, shared.ms DESC, d.id
)
SELECT
    r.verdict, coalesce(r.strategy, 'none') AS strategy, m.confidence,
    m.detection_id IS NOT NULL
        AND row_number() OVER (PARTITION BY m.detection_id ORDER BY m.ms DESC, r.reviewed_at DESC, r.id DESC) > 1
        AS repeated
FROM judged AS r LEFT JOIN matched AS m USING (id);

-- name: sample_confidences(taxon_ids, site, pack, n)
-- Of the pack's current events, at most so many: each as likely as any other, and the same ones each time.
SELECT d.confidence
FROM unnest(:taxon_ids::integer[]) AS wanted (taxon_id)
CROSS JOIN LATERAL (
    SELECT confidence, hashint8(id) AS place FROM detections AS heard
    WHERE taxon_id = wanted.taxon_id AND (:site::text IS NULL OR site = :site::text)
        AND EXISTS (
            SELECT FROM current_analyses AS c WHERE c.analysis_id = heard.analysis_id AND c.pack_name = :pack
        )
    ORDER BY hashint8(id)
    LIMIT :n
) AS d
ORDER BY d.place
LIMIT :n;
