-- name: list_recordings(site, sha256, recorded_after, recorded_before, q, q_apart, state, result, has_reviews, before_id, n)
-- Newest first: UUIDs of version 7 sort by creation time. By sha256 the unique constraint's index is used. A part of a name
-- is looked for as it is, so there is nothing to escape; q_apart is the same with accents as characters of their own.
SELECT r.* FROM recordings AS r
WHERE (:site::text IS NULL OR r.site = :site::text)
    AND (:sha256::text IS NULL OR r.sha256 = :sha256::text)
    AND (:recorded_after::timestamptz IS NULL OR r.recorded_at >= :recorded_after::timestamptz)
    AND (:recorded_before::timestamptz IS NULL OR r.recorded_at < :recorded_before::timestamptz)
    AND (
        :q::text IS NULL
        OR strpos(casefold(r.filename COLLATE pg_unicode_fast), casefold(:q::text COLLATE pg_unicode_fast)) > 0
        OR strpos(casefold(r.site COLLATE pg_unicode_fast), casefold(:q::text COLLATE pg_unicode_fast)) > 0
        OR strpos(casefold(r.filename COLLATE pg_unicode_fast), casefold(:q_apart::text COLLATE pg_unicode_fast)) > 0
        OR strpos(casefold(r.site COLLATE pg_unicode_fast), casefold(:q_apart::text COLLATE pg_unicode_fast)) > 0
    )
    AND (:before_id::uuid IS NULL OR r.id < :before_id::uuid)
    AND (
        :state::text IS NULL
        OR EXISTS (SELECT FROM analyses AS a WHERE a.recording_id = r.id AND a.state = :state::text)
    )
    AND (
        :result::text IS NULL
        OR EXISTS (SELECT FROM analyses AS a WHERE a.recording_id = r.id AND a.result = :result::text)
    )
    AND (
        :has_reviews::boolean IS NULL
        OR :has_reviews::boolean = EXISTS (SELECT FROM reviews AS v WHERE v.recording_id = r.id)
    )
ORDER BY r.id DESC
LIMIT :n;

-- name: list_recordings_with(taxon_ids, min_confidence, site, sha256, recorded_after, recorded_before, q, q_apart, state, result, has_reviews, before_id, n)
-- As above; those in which an analysis that counts found one of the taxa. taxon_ids that are null: any.
SELECT r.* FROM recordings AS r
WHERE (:site::text IS NULL OR r.site = :site::text)
    AND (:sha256::text IS NULL OR r.sha256 = :sha256::text)
    AND (:recorded_after::timestamptz IS NULL OR r.recorded_at >= :recorded_after::timestamptz)
    AND (:recorded_before::timestamptz IS NULL OR r.recorded_at < :recorded_before::timestamptz)
    AND (
        :q::text IS NULL
        OR strpos(casefold(r.filename COLLATE pg_unicode_fast), casefold(:q::text COLLATE pg_unicode_fast)) > 0
        OR strpos(casefold(r.site COLLATE pg_unicode_fast), casefold(:q::text COLLATE pg_unicode_fast)) > 0
        OR strpos(casefold(r.filename COLLATE pg_unicode_fast), casefold(:q_apart::text COLLATE pg_unicode_fast)) > 0
        OR strpos(casefold(r.site COLLATE pg_unicode_fast), casefold(:q_apart::text COLLATE pg_unicode_fast)) > 0
    )
    AND (:before_id::uuid IS NULL OR r.id < :before_id::uuid)
    AND (
        :state::text IS NULL
        OR EXISTS (SELECT FROM analyses AS a WHERE a.recording_id = r.id AND a.state = :state::text)
    )
    AND (
        :result::text IS NULL
        OR EXISTS (SELECT FROM analyses AS a WHERE a.recording_id = r.id AND a.result = :result::text)
    )
    AND (
        :has_reviews::boolean IS NULL
        OR :has_reviews::boolean = EXISTS (SELECT FROM reviews AS v WHERE v.recording_id = r.id)
    )
    AND r.id IN (
        SELECT d.recording_id FROM detections AS d
        JOIN current_analyses AS c ON c.analysis_id = d.analysis_id
        WHERE (:taxon_ids::integer[] IS NULL OR d.taxon_id = ANY(:taxon_ids::integer[]))
            AND d.confidence >= :min_confidence::real
    )
ORDER BY r.id DESC
LIMIT :n;
