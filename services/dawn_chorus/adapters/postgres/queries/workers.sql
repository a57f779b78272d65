-- name: note(worker_id, name, pack_name)!
-- Those that have been silent for an hour go.
WITH gone AS (
    DELETE FROM workers WHERE seen_at < now() - interval '1 hour' AND id <> :worker_id
)
INSERT INTO workers (id, name, pack_name) VALUES (:worker_id, :name, :pack_name)
ON CONFLICT (id) DO UPDATE SET seen_at = now();

-- name: forget(worker_id)!
DELETE FROM workers WHERE id = :worker_id;
