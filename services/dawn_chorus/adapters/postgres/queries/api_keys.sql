-- name: insert_key(name, prefix, sha256, scopes)^
INSERT INTO api_keys (name, prefix, sha256, scopes) VALUES (:name, :prefix, :sha256, :scopes) RETURNING *;

-- name: list_keys()
SELECT * FROM api_keys ORDER BY id;

-- name: lock_keys()!
-- Until the end of the transaction no key is created, revoked or used for the first time in a minute: others are read.
LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE;

-- name: is_last_admin(key_id)$
-- Whether it is the one key left that may make others.
SELECT EXISTS (SELECT FROM api_keys WHERE id = :key_id AND revoked_at IS NULL AND 'admin' = ANY(scopes))
    AND NOT EXISTS (SELECT FROM api_keys WHERE id <> :key_id AND revoked_at IS NULL AND 'admin' = ANY(scopes));

-- name: revoke_key(key_id)^
WITH ended AS (DELETE FROM sessions WHERE key_id = :key_id)
UPDATE api_keys SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = :key_id RETURNING *;

-- name: find_key(sha256)^
SELECT * FROM api_keys WHERE sha256 = :sha256 AND revoked_at IS NULL;

-- name: update_last_used(key_id)!
-- Once a minute at most, so that not every read request writes.
UPDATE api_keys SET last_used_at = clock_timestamp()
WHERE id = :key_id AND coalesce(last_used_at, '-infinity') < clock_timestamp() - interval '1 minute';

-- name: any_keys()$
-- Revoked keys count: revoking the last key must not make the API open to everyone.
SELECT EXISTS (SELECT FROM api_keys);
