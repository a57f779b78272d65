-- name: reserve(store_key, grace_s)!
INSERT INTO audio_to_delete (store_key, size_bytes, due_at)
VALUES (:store_key, 0, now() + make_interval(secs => :grace_s));

-- name: claim(store_key)!
-- Waits for whoever is just deleting the bytes.
DELETE FROM audio_to_delete WHERE store_key = :store_key;

-- name: take_due(n, but)
-- Each by one of all that look for them.
SELECT store_key, size_bytes FROM audio_to_delete
WHERE due_at <= now() AND store_key <> ALL(:but::text[])
ORDER BY since, store_key LIMIT :n FOR UPDATE SKIP LOCKED;

-- name: release(store_keys)!
DELETE FROM audio_to_delete WHERE store_key = ANY(:store_keys);

-- name: newest_store_keys(n)
SELECT store_key FROM recordings WHERE audio_removed_at IS NULL ORDER BY id DESC LIMIT :n;
