-- name: insert_session(sha256, key_sha256)$
-- A revoked key begins none.
INSERT INTO sessions (sha256, key_id)
SELECT :sha256, id FROM api_keys WHERE sha256 = :key_sha256 AND revoked_at IS NULL
RETURNING key_id;

-- name: find_session(sha256, lifetime, idle)^
SELECT k.*, s.sha256 AS session_sha256
FROM sessions AS s
JOIN api_keys AS k ON k.id = s.key_id
WHERE s.sha256 = :sha256 AND k.revoked_at IS NULL
    AND s.created_at > now() - :lifetime::interval AND s.last_used_at > now() - :idle::interval;

-- name: update_last_used(sha256)!
-- Once an hour at most: a page asks for many things, and days are counted.
UPDATE sessions SET last_used_at = clock_timestamp()
WHERE sha256 = :sha256 AND last_used_at < clock_timestamp() - interval '1 hour';

-- name: delete_session(sha256)!
DELETE FROM sessions WHERE sha256 = :sha256;

-- name: delete_oldest(key_id, kept)!
-- Of one key, which may be in use by a script that signs in again and again.
DELETE FROM sessions WHERE sha256 IN (
    SELECT sha256 FROM sessions WHERE key_id = :key_id ORDER BY created_at DESC OFFSET :kept
);

-- name: delete_ended(lifetime, idle)!
-- Those whose time is over, and those whose key was revoked.
DELETE FROM sessions AS s USING api_keys AS k
WHERE k.id = s.key_id AND (
    k.revoked_at IS NOT NULL
    OR s.created_at <= now() - :lifetime::interval OR s.last_used_at <= now() - :idle::interval
);
