-- name: reviews_of(recording_ids, scientific_names)
-- Of these recordings; scientific_names that are null: of all taxa.
SELECT
    id, recording_id, scientific_name, onset_ms, offset_ms, verdict, corrected_taxon, note, reviewer, strategy, reviewed_at
FROM reviews
WHERE recording_id = ANY(:recording_ids::uuid[])
    AND (:scientific_names::text[] IS NULL OR scientific_name = ANY(:scientific_names::text[]));

-- name: reviews_by(recording_ids, scientific_names, reviewers)
SELECT
    id, recording_id, scientific_name, onset_ms, offset_ms, verdict, corrected_taxon, note, reviewer, strategy, reviewed_at
FROM reviews
WHERE recording_id = ANY(:recording_ids::uuid[]) AND scientific_name = ANY(:scientific_names::text[])
    AND reviewer = ANY(:reviewers::text[]);

-- name: lock_recordings(ids)
-- Who saves reviews of a recording waits for whoever does so now; who reads them, and who uploads, does not.
SELECT id, duration_s FROM recordings WHERE id = ANY(:ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: lock_recording_of(review_id)^
SELECT id FROM recordings WHERE id = (SELECT recording_id FROM reviews WHERE id = :review_id) FOR NO KEY UPDATE;

-- name: draw_ids(n)
-- In ascending order. The time is that of this statement: the transaction may have waited for a lock since it began.
SELECT uuidv7() AS id, statement_timestamp() AS now FROM generate_series(1, :n::integer);

-- name: delete_reviews(ids)!
DELETE FROM reviews WHERE id = ANY(:ids::uuid[]);

-- name: write_reviews(ids, recording_ids, scientific_names, onsets_ms, offsets_ms, verdicts, corrected_taxa, notes, reviewers, strategies, reviewed_at)!
INSERT INTO reviews (
    id, recording_id, scientific_name, onset_ms, offset_ms, verdict, corrected_taxon, note, reviewer, strategy, reviewed_at
)
SELECT * FROM unnest(
    :ids::uuid[], :recording_ids::uuid[], :scientific_names::text[], :onsets_ms::integer[], :offsets_ms::integer[],
    :verdicts::text[], :corrected_taxa::text[], :notes::text[], :reviewers::text[], :strategies::text[],
    :reviewed_at::timestamptz[]
)
ON CONFLICT (id) DO UPDATE SET
    onset_ms = excluded.onset_ms, offset_ms = excluded.offset_ms, verdict = excluded.verdict,
    corrected_taxon = excluded.corrected_taxon, note = excluded.note, strategy = excluded.strategy,
    reviewed_at = excluded.reviewed_at;

-- name: get_reviews(ids)
SELECT r.*, s.filename, s.site, s.recorded_at, s.recorded_utc_offset_s
FROM reviews AS r JOIN recordings AS s ON s.id = r.recording_id
WHERE r.id = ANY(:ids::uuid[]);

-- name: list_reviews(recording_id, scientific_names, site, verdict, reviewer, strategy, from_time, to_time, before_id, n)
-- Those that were made last first: UUIDs of version 7 sort by time. from_time and to_time: of what was heard.
SELECT r.*, s.filename, s.site, s.recorded_at, s.recorded_utc_offset_s
FROM reviews AS r JOIN recordings AS s ON s.id = r.recording_id
WHERE (:recording_id::uuid IS NULL OR r.recording_id = :recording_id::uuid)
    AND (:scientific_names::text[] IS NULL OR r.scientific_name = ANY(:scientific_names::text[]))
    AND (:site::text IS NULL OR s.site = :site::text)
    AND (:verdict::text IS NULL OR r.verdict = :verdict::text)
    AND (:reviewer::text IS NULL OR r.reviewer = :reviewer::text)
    AND (:strategy::text IS NULL OR r.strategy = :strategy::text)
    AND (
        :from_time::timestamptz IS NULL
        OR s.recorded_at + r.onset_ms * interval '1 millisecond' >= :from_time::timestamptz
    )
    AND (
        :to_time::timestamptz IS NULL
        OR s.recorded_at + r.onset_ms * interval '1 millisecond' < :to_time::timestamptz
    )
    AND (:before_id::uuid IS NULL OR r.id < :before_id::uuid)
ORDER BY r.id DESC
LIMIT :n;

-- name: common_names(scientific_names, lower_names)
-- Of each taxon the name that the pack registered first gives it.
SELECT DISTINCT ON (scientific_name) scientific_name, common_name FROM taxa
WHERE scientific_name = ANY(:scientific_names::text[])
    AND lower(scientific_name) = ANY(:lower_names::text[])
ORDER BY scientific_name, common_name = '', id;

-- name: names_of(taxon_ids)
SELECT DISTINCT scientific_name FROM taxa WHERE id = ANY(:taxon_ids::integer[]);
