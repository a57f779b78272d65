-- name: get_findings(analysis_ids)
-- Of each finished analysis a row for each of its surest taxa, in their order; of one that found nothing one without a taxon.
SELECT f.analysis_id, f.detections AS total, t.confidence, t.n, x.code, x.scientific_name, x.common_name, x.taxonomic_class
FROM findings AS f
LEFT JOIN LATERAL unnest(f.taxon_ids, f.confidences, f.counts)
    WITH ORDINALITY AS t (taxon_id, confidence, n, place) ON true
LEFT JOIN taxa AS x ON x.id = t.taxon_id
WHERE f.analysis_id = ANY(:analysis_ids::uuid[])
ORDER BY f.analysis_id, t.place;
