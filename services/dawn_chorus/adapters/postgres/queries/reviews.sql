-- name: reviews_of(recording_ids, scientific_names)
-- Of these recordings; scientific_names that are null: of all taxa.
SELECT
    id, recording_id, scientific_name, onset_ms, offset_ms, verdict, corrected_taxon, note, reviewer, strategy, reviewed_at
FROM reviews
WHERE recording_id = ANY(:recording_ids::uuid[])
    AND (:scientific_names::text[] IS NULL OR scientific_name = ANY(:scientific_names::text[]));
