-- name: get_byte_index(sha256)^
SELECT codec, frame_samples, skipped, frames, step, positions FROM byte_indexes WHERE sha256 = :sha256;

-- name: save_byte_index(sha256, codec, frame_samples, skipped, frames, step, positions)!
INSERT INTO byte_indexes (sha256, codec, frame_samples, skipped, frames, step, positions)
VALUES (:sha256, :codec, :frame_samples, :skipped, :frames, :step, :positions)
ON CONFLICT (sha256) DO NOTHING;

-- name: delete_stray_byte_indexes()!
-- Those of bytes that no recording has any more.
DELETE FROM byte_indexes AS stray
WHERE NOT EXISTS (SELECT 1 FROM recordings WHERE recordings.sha256 = stray.sha256);
