-- name: insert_recording(filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, channels, site, latitude, longitude, recorded_at, recorded_utc_offset_s)^
-- No row: the same audio exists already. Waits for a concurrent insert of the same audio.
INSERT INTO recordings (
    filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, channels,
    site, latitude, longitude, recorded_at, recorded_utc_offset_s
) VALUES (
    :filename, :store_key, :size_bytes, :sha256, :format, :duration_s, :sample_rate_hz, :channels,
    :site, :latitude, :longitude, :recorded_at, :recorded_utc_offset_s
)
ON CONFLICT ON CONSTRAINT recordings_same_sound DO NOTHING
RETURNING *;

-- name: find_same_sound(sha256, site, recorded_at)^
SELECT * FROM recordings
WHERE sha256 = :sha256 AND site IS NOT DISTINCT FROM :site::text
    AND recorded_at IS NOT DISTINCT FROM :recorded_at::timestamptz;

-- name: restore_audio(sha256, site, recorded_at, store_key)^
-- No row: the audio is present, or there is no such recording.
UPDATE recordings SET store_key = :store_key, audio_removed_at = NULL, audio_restored_at = clock_timestamp()
WHERE sha256 = :sha256 AND site IS NOT DISTINCT FROM :site::text
    AND recorded_at IS NOT DISTINCT FROM :recorded_at::timestamptz
    AND audio_removed_at IS NOT NULL
RETURNING *;

-- name: get_recording(recording_id)^
SELECT * FROM recordings WHERE id = :recording_id;

-- name: lock_recording_for_share(recording_id)^
-- Its audio cannot be removed until the end of the transaction.
SELECT * FROM recordings WHERE id = :recording_id FOR SHARE;

-- name: list_recordings(site, sha256, recorded_after, recorded_before, state, before_id, n)
-- Newest first: UUIDs of version 7 sort by creation time. By sha256 the unique constraint's index is used.
SELECT r.* FROM recordings AS r
WHERE (:site::text IS NULL OR r.site = :site::text)
    AND (:sha256::text IS NULL OR r.sha256 = :sha256::text)
    AND (:recorded_after::timestamptz IS NULL OR r.recorded_at >= :recorded_after::timestamptz)
    AND (:recorded_before::timestamptz IS NULL OR r.recorded_at < :recorded_before::timestamptz)
    AND (:before_id::uuid IS NULL OR r.id < :before_id::uuid)
    AND (
        :state::text IS NULL
        OR EXISTS (SELECT FROM analyses AS a WHERE a.recording_id = r.id AND a.state = :state::text)
    )
ORDER BY r.id DESC
LIMIT :n;

-- name: lock_analyses_of(recording_id)
-- In the order in which workers lock, analysis before recording, so that the two never deadlock.
SELECT id FROM analyses WHERE recording_id = :recording_id ORDER BY id FOR UPDATE;

-- name: delete_recording(recording_id)$
WITH removed AS (
    DELETE FROM recordings WHERE id = :recording_id RETURNING store_key, size_bytes, audio_removed_at
), orphaned AS (
    INSERT INTO audio_to_delete (store_key, size_bytes)
    SELECT store_key, size_bytes FROM removed WHERE audio_removed_at IS NULL
)
SELECT store_key FROM removed;
