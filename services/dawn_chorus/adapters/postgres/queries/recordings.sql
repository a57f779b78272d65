-- name: create_recording(filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, channels, site, latitude, longitude, recorded_at, recorded_utc_offset_s, pack_name, settings, lane, segment_s, indexes, starts_s, ends_s, of_known_bytes)^
-- A recording with its first analysis, segments and jobs, after lock_bytes. No row: it is there, or its bytes are and
-- of_known_bytes is false. The caller rolls back if bytes that it reserved are not claimed: deleting their key waits for whoever deletes them. The
-- license is that of the pack's newest version.
WITH recording AS (
    INSERT INTO recordings (
        filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, channels,
        site, latitude, longitude, recorded_at, recorded_utc_offset_s
    )
    SELECT
        :filename, :store_key, :size_bytes, :sha256, :format, :duration_s, :sample_rate_hz, :channels,
        :site, :latitude, :longitude, :recorded_at, :recorded_utc_offset_s
    WHERE :of_known_bytes::boolean OR NOT EXISTS (SELECT FROM recordings WHERE sha256 = :sha256)
    ON CONFLICT ON CONSTRAINT recordings_same_sound DO NOTHING
    RETURNING *
), claimed AS (
    DELETE FROM audio_to_delete WHERE store_key = (SELECT store_key FROM recording) RETURNING store_key
), analysis AS (
    INSERT INTO analyses (recording_id, pack_name, settings, lane, segment_s, segments_total)
    SELECT id, :pack_name, :settings, :lane, :segment_s, cardinality(:indexes::integer[]) FROM recording
    RETURNING id, created_at
), planned AS (
    INSERT INTO segments (analysis_id, segment_index, start_s, end_s)
    SELECT a.id, t.segment_index, t.start_s, t.end_s
    FROM analysis AS a
    CROSS JOIN unnest(:indexes::integer[], :starts_s::numeric[], :ends_s::numeric[]) AS t (segment_index, start_s, end_s)
    RETURNING analysis_id, segment_index
), jobs AS (
    INSERT INTO outbox (analysis_id, segment_index, lane, turn)
    SELECT
        analysis_id, segment_index, :lane,
        (SELECT turn FROM outbox_lanes WHERE lane = :lane) + row_number() OVER (ORDER BY segment_index) - 1
    FROM planned ORDER BY segment_index
)
SELECT
    r.*, a.id AS analysis_id, a.created_at AS analysis_created_at, p.license AS pack_license,
    p.attribution AS pack_attribution, (SELECT count(*) FROM claimed) AS claimed
FROM recording AS r
CROSS JOIN analysis AS a
LEFT JOIN LATERAL (
    SELECT license, attribution FROM packs WHERE name = :pack_name ORDER BY id DESC LIMIT 1
) AS p ON true;

-- name: lock_bytes(sha256)^
-- Until the end of the transaction; before analyses and recordings, so that nobody who holds one of those waits here.
SELECT pg_advisory_xact_lock(hashtextextended(:sha256, 0));

-- name: find_same_bytes(sha256)
SELECT * FROM recordings WHERE sha256 = :sha256 ORDER BY id;

-- name: restore_audio(recording_id, store_key)!
UPDATE recordings SET store_key = :store_key, audio_removed_at = NULL, audio_restored_at = clock_timestamp()
WHERE id = :recording_id;

-- name: get_recording(recording_id)^
SELECT * FROM recordings WHERE id = :recording_id;

-- name: get_recordings(recording_ids)
SELECT * FROM recordings WHERE id = ANY(:recording_ids::uuid[]) ORDER BY id;

-- name: lock_recording(recording_id)^
-- Its audio cannot be removed nor its place changed until the end of the transaction. After its analyses, if these are
-- locked too.
SELECT * FROM recordings WHERE id = :recording_id FOR NO KEY UPDATE;

-- name: lock_analyses_of(recording_id)
-- In the order in which workers lock, analysis before recording, so that the two never deadlock. Shared with whoever only
-- refers to them: when one analysis ceases to count, current_analyses refers to another.
SELECT id FROM analyses WHERE recording_id = :recording_id ORDER BY id FOR NO KEY UPDATE;

-- name: lock_for_deletion(recording_id)$
SELECT id FROM recordings WHERE id = :recording_id FOR UPDATE;

-- name: has_others(recording_id, locked)$
SELECT EXISTS (SELECT FROM analyses WHERE recording_id = :recording_id AND id <> ALL(:locked::uuid[]));

-- name: delete_recording(recording_id)$
WITH removed AS (
    DELETE FROM recordings WHERE id = :recording_id RETURNING store_key, size_bytes, audio_removed_at
), orphaned AS (
    INSERT INTO audio_to_delete (store_key, size_bytes)
    SELECT store_key, size_bytes FROM removed WHERE audio_removed_at IS NULL
)
SELECT store_key FROM removed;
