-- name: reserve(store_key, grace_s)!
INSERT INTO audio_to_delete (store_key, size_bytes, due_at)
VALUES (:store_key, 0, now() + make_interval(secs => :grace_s));

-- name: claim(store_key)!
-- Waits while another transaction deletes the bytes.
DELETE FROM audio_to_delete WHERE store_key = :store_key;

-- name: lock_orphans(n, exclude)
-- Of concurrent calls, each row is returned to one.
SELECT store_key, size_bytes FROM audio_to_delete
WHERE due_at <= now() AND store_key <> ALL(:exclude::text[])
ORDER BY since, store_key LIMIT :n FOR UPDATE SKIP LOCKED;

-- name: release(store_keys)!
DELETE FROM audio_to_delete WHERE store_key = ANY(:store_keys);

-- name: newest_store_keys(n)
SELECT store_key FROM recordings WHERE audio_removed_at IS NULL ORDER BY id DESC LIMIT :n;
