-- name: create(upload_id, size_bytes, filename, metadata, ttl_s)$
-- An empty file has all its bytes.
INSERT INTO uploads (id, size_bytes, filename, metadata, state, expires_at)
VALUES (
    :upload_id, :size_bytes, :filename, :metadata, CASE WHEN :size_bytes = 0 THEN 'joining' ELSE 'open' END,
    now() + make_interval(secs => :ttl_s)
)
RETURNING expires_at;

-- name: get_upload(upload_id)^
SELECT u.*, u.expires_at <= now() AS is_past, p.received_bytes, p.parts
FROM uploads AS u
CROSS JOIN LATERAL (
    SELECT coalesce(sum(size_bytes), 0)::bigint AS received_bytes, count(*) AS parts
    FROM upload_parts WHERE upload_id = u.id
) AS p
WHERE u.id = :upload_id;

-- name: lock_upload(upload_id)^
-- Parts are counted by another statement: this one sees those from before it waited for the lock.
SELECT *, expires_at <= now() AS is_past FROM uploads WHERE id = :upload_id FOR UPDATE;

-- name: last_part(upload_id)^
SELECT start_byte + size_bytes AS end_byte, number FROM upload_parts
WHERE upload_id = :upload_id ORDER BY start_byte DESC LIMIT 1;

-- name: add_parts(upload_id, starts, sizes, numbers, store_keys)!
-- How many were added: the primary key decides between two that begin at one byte.
INSERT INTO upload_parts (upload_id, start_byte, size_bytes, number, store_key)
SELECT :upload_id, t.start_byte, t.size_bytes, t.number, t.store_key
FROM unnest(:starts::bigint[], :sizes::integer[], :numbers::integer[], :store_keys::text[])
    AS t (start_byte, size_bytes, number, store_key)
ON CONFLICT (upload_id, start_byte) DO NOTHING;

-- name: claim_parts(store_keys)!
DELETE FROM audio_to_delete WHERE store_key = ANY(:store_keys);

-- name: note_arrival(upload_id, end_byte, ttl_s)^
UPDATE uploads
SET expires_at = now() + make_interval(secs => :ttl_s),
    state = CASE WHEN size_bytes = :end_byte THEN 'joining' ELSE state END
WHERE id = :upload_id
RETURNING *;

-- name: list_parts(upload_id)
SELECT start_byte, size_bytes, number, store_key FROM upload_parts WHERE upload_id = :upload_id ORDER BY start_byte;

-- name: begin_joining(upload_id, joiner, lease_s)^
-- No row: it is not whole, it is joined already, or somebody is joining it.
UPDATE uploads SET joiner = :joiner, lease_until = now() + make_interval(secs => :lease_s)
WHERE id = :upload_id AND state = 'joining' AND (lease_until IS NULL OR lease_until <= now())
RETURNING *;

-- name: renew_lease(upload_id, joiner, lease_s)!
UPDATE uploads SET lease_until = now() + make_interval(secs => :lease_s)
WHERE id = :upload_id AND joiner = :joiner AND state = 'joining';

-- name: renew_reservation(store_key, grace_s)!
UPDATE audio_to_delete SET due_at = now() + make_interval(secs => :grace_s) WHERE store_key = :store_key;

-- name: give_up_lease(upload_id, joiner)!
UPDATE uploads SET joiner = NULL, lease_until = NULL
WHERE id = :upload_id AND joiner = :joiner AND state = 'joining';

-- name: finish_joining(upload_id, joiner, store_key, sha256)$
UPDATE uploads SET state = 'ready', store_key = :store_key, sha256 = :sha256, joiner = NULL, lease_until = NULL
WHERE id = :upload_id AND joiner = :joiner AND state = 'joining'
RETURNING id;

-- name: keep_until_expiry(upload_id, grace_s)!
-- The whole file stays listed: if it does not become a recording, it is deleted without more ado.
UPDATE audio_to_delete AS a
SET due_at = u.expires_at + make_interval(secs => :grace_s), size_bytes = u.size_bytes
FROM uploads AS u WHERE u.id = :upload_id AND a.store_key = u.store_key;

-- name: orphan_parts(upload_id)!
WITH removed AS (
    DELETE FROM upload_parts WHERE upload_id = :upload_id RETURNING store_key, size_bytes
)
INSERT INTO audio_to_delete (store_key, size_bytes) SELECT store_key, size_bytes FROM removed;

-- name: orphan_whole(upload_id)!
UPDATE audio_to_delete SET due_at = now() WHERE store_key = (SELECT store_key FROM uploads WHERE id = :upload_id);

-- name: end_upload(upload_id, state, ttl_s, recording_id)!
-- The row stays for a while, to say what became of the upload.
UPDATE uploads
SET state = :state, recording_id = :recording_id, joiner = NULL, lease_until = NULL,
    expires_at = now() + make_interval(secs => :ttl_s)
WHERE id = :upload_id;

-- name: lock_expired(n)
-- Of concurrent calls, each row is returned to one. One that is being joined expires once it is ready, or nobody joins it.
SELECT id FROM uploads
WHERE expires_at <= now()
    AND (state IN ('open', 'ready') OR (state = 'joining' AND coalesce(lease_until, '-infinity') <= now()))
ORDER BY expires_at LIMIT :n FOR UPDATE SKIP LOCKED;

-- name: forget_ended()!
DELETE FROM uploads WHERE expires_at <= now() AND state IN ('used', 'expired', 'terminated', 'broken');

-- name: find_unjoined(n)
SELECT id FROM uploads WHERE state = 'joining' AND coalesce(lease_until, '-infinity') <= now() ORDER BY id LIMIT :n;

-- name: hurry(store_keys)!
UPDATE audio_to_delete SET due_at = now() WHERE store_key = ANY(:store_keys);
