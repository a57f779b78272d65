-- name: take_waiting(n)
-- Oldest first; entries that another relay has locked are skipped.
SELECT id, analysis_id, segment_index, lane, delay_s FROM outbox
WHERE published_at IS NULL ORDER BY id LIMIT :n FOR UPDATE SKIP LOCKED;

-- name: mark_published(ids)!
UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY(:ids);

-- name: lag()^
SELECT count(*) AS waiting, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) AS oldest_s
FROM outbox WHERE published_at IS NULL;

-- name: prune(keep_s)!
DELETE FROM outbox WHERE published_at < now() - make_interval(secs => :keep_s);
