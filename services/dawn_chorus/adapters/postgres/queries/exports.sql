-- name: let_one_ask()!
-- Whoever counts exports and adds one does it alone, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('exports'));

-- name: count_exports(asked_by)^
SELECT
    count(*) FILTER (WHERE state IN ('waiting', 'running')) AS unfinished,
    count(*) FILTER (WHERE state IN ('waiting', 'running') AND asked_by = :asked_by) AS own_unfinished,
    count(*) FILTER (WHERE state = 'ready' AND asked_by = :asked_by) AS own_ready
FROM exports;

-- name: create_export(format, request, asked_by, address)^
INSERT INTO exports (format, request, asked_by, address) VALUES (:format, :request, :asked_by, :address) RETURNING *;

-- name: get_export(export_id)^
SELECT * FROM exports WHERE id = :export_id;

-- name: get_exports(export_ids)
SELECT * FROM exports WHERE id = ANY(:export_ids::uuid[]) ORDER BY id;

-- name: list_exports(before_id, n)
-- Ids are in the order of time.
SELECT * FROM exports WHERE :before_id::uuid IS NULL OR id < :before_id::uuid ORDER BY id DESC LIMIT :n;

-- name: find_unmade(n)
SELECT id FROM exports
WHERE state IN ('waiting', 'running') AND coalesce(lease_until, '-infinity') <= now()
ORDER BY created_at LIMIT :n;

-- name: begin_making(export_id, maker, lease_s, most_attempts)^
-- No row: it has ended, somebody is making it, or it was tried often enough.
UPDATE exports
SET state = 'running', maker = :maker, lease_until = now() + make_interval(secs => :lease_s),
    attempts = attempts + 1, started_at = coalesce(started_at, now()), revision = revision + 1,
    items_total = NULL, items_done = 0, items_left_out = 0
WHERE id = :export_id AND state IN ('waiting', 'running') AND coalesce(lease_until, '-infinity') <= now()
    AND attempts < :most_attempts
RETURNING *;

-- name: renew_making(export_id, maker, lease_s, total, done, left_out)!
-- A change that is shown is noted for the stream of events; a lease alone is not.
UPDATE exports
SET lease_until = now() + make_interval(secs => :lease_s),
    items_total = :total, items_done = :done, items_left_out = :left_out,
    revision = revision + CASE
        WHEN (items_total, items_done, items_left_out)
            IS DISTINCT FROM (:total::integer, :done::integer, :left_out::integer) THEN 1 ELSE 0
    END
WHERE id = :export_id AND maker = :maker AND state = 'running';

-- name: give_up_making(export_id, maker, counted)!
UPDATE exports
SET maker = NULL, lease_until = NULL, state = 'waiting', revision = revision + 1,
    attempts = attempts - CASE WHEN :counted::boolean THEN 0 ELSE 1 END
WHERE id = :export_id AND maker = :maker AND state = 'running';

-- name: finish_making(export_id, maker, store_key, filename, size_bytes, total, done, left_out, kept_s)$
UPDATE exports
SET state = 'ready', maker = NULL, lease_until = NULL, finished_at = now(), revision = revision + 1,
    expires_at = now() + make_interval(secs => :kept_s), store_key = :store_key, filename = :filename,
    size_bytes = :size_bytes, items_total = :total, items_done = :done, items_left_out = :left_out
WHERE id = :export_id AND maker = :maker AND state = 'running'
RETURNING id;

-- name: keep_until_expiry(export_id, grace_s)!
-- The file stays listed as one that is to be deleted, some time after the export expires.
UPDATE audio_to_delete AS a
SET due_at = e.expires_at + make_interval(secs => :grace_s), size_bytes = e.size_bytes
FROM exports AS e WHERE e.id = :export_id AND a.store_key = e.store_key;

-- name: fail_making(export_id, maker, error)!
UPDATE exports
SET state = 'failed', error = :error, maker = NULL, lease_until = NULL, finished_at = now(), revision = revision + 1
WHERE id = :export_id AND maker = :maker AND state = 'running';

-- name: fail_exhausted(most_attempts, error)!
UPDATE exports
SET state = 'failed', error = :error, maker = NULL, lease_until = NULL, finished_at = now(), revision = revision + 1
WHERE state IN ('waiting', 'running') AND coalesce(lease_until, '-infinity') <= now() AND attempts >= :most_attempts;

-- name: remove_export(export_id)$
-- Its file is due for deletion; a null store key: it has none.
WITH removed AS (
    DELETE FROM exports WHERE id = :export_id RETURNING store_key
)
UPDATE audio_to_delete AS a SET due_at = now() FROM removed WHERE a.store_key = removed.store_key RETURNING a.store_key;

-- name: expire_exports()!
UPDATE exports SET state = 'expired', revision = revision + 1 WHERE state = 'ready' AND expires_at <= now();

-- name: forget_exports(kept_s)!
DELETE FROM exports
WHERE state IN ('failed', 'expired')
    AND coalesce(finished_at, created_at) <= now() - make_interval(secs => :kept_s);

-- name: count_states()
SELECT state, count(*) AS n FROM exports GROUP BY state;
