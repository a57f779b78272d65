-- name: claim(key, fingerprint, ttl_s, lease_s)$
-- No row: the key is in use. A key that has expired, or whose lease ended without a response, can be claimed again.
INSERT INTO idempotency_keys AS kept (key, fingerprint, claimed_until, expires_at)
VALUES (:key, :fingerprint, now() + make_interval(secs => :lease_s), now() + make_interval(secs => :ttl_s))
ON CONFLICT (key) DO UPDATE
SET fingerprint = excluded.fingerprint, claim = excluded.claim, claimed_until = excluded.claimed_until,
    expires_at = excluded.expires_at, status = NULL, headers = NULL, body = NULL
WHERE kept.expires_at <= now() OR (kept.status IS NULL AND kept.claimed_until <= now())
RETURNING claim;

-- name: get_key(key)^
SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE key = :key;

-- name: complete(key, claim, status, headers, body)!
UPDATE idempotency_keys SET status = :status, headers = :headers, body = :body
WHERE key = :key AND claim = :claim;

-- name: renew(key, claim, lease_s)!
UPDATE idempotency_keys SET claimed_until = now() + make_interval(secs => :lease_s)
WHERE key = :key AND claim = :claim AND status IS NULL;

-- name: release(key, claim)!
DELETE FROM idempotency_keys WHERE key = :key AND claim = :claim AND status IS NULL;

-- name: release_all()!
DELETE FROM idempotency_keys WHERE status IS NULL;

-- name: prune()!
DELETE FROM idempotency_keys WHERE expires_at <= now();
