-- name: describe()^
-- Of the connections of other users nothing is shown but that they are there.
SELECT
    split_part(current_setting('server_version'), ' ', 1) AS version, pg_database_size(current_database()) AS size_bytes,
    pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS is_read_only,
    (SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL) AS connections,
    current_setting('max_connections')::integer AS max_connections;

-- name: read_clock()$
SELECT clock_timestamp();

-- name: silent_workers(seen_s)
-- Who said that they are there, went without a word, and are not forgotten yet (within the hour).
SELECT name, extract(epoch FROM now() - seen_at)::float8 AS silent_s
FROM workers WHERE seen_at <= now() - make_interval(secs => :seen_s)
ORDER BY seen_at DESC;

-- name: count_for_people()^
-- What waits for somebody to look at it, and how many keys let somebody in.
SELECT
    (SELECT count(*) FROM dead_letters WHERE requeued_at IS NULL) AS dead_letters,
    (SELECT count(*) FROM api_keys WHERE revoked_at IS NULL) AS keys;
