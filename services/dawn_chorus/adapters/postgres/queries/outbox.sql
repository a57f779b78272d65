-- name: read_by_indexes()^
-- For a connection that keeps its plans: one made while the outbox is nearly empty would read and sort all of it, and go on
-- doing so once half a million jobs wait.
SELECT
    set_config('enable_seqscan', 'off', false),
    set_config('enable_bitmapscan', 'off', false),
    set_config('enable_sort', 'off', false);

-- name: begin_publishing(key)^
-- At most one relay publishes at a time, so that lanes keep their order. Seconds until the next retry is due; null: none.
SELECT
    pg_try_advisory_lock(:key) AS is_publisher,
    (
        SELECT extract(epoch FROM min(available_at) - clock_timestamp())
        FROM outbox WHERE published_at IS NULL AND available_at IS NOT NULL
    ) AS next_due_s;

-- name: next_due_s()$
SELECT extract(epoch FROM min(available_at) - clock_timestamp())
FROM outbox WHERE published_at IS NULL AND available_at IS NOT NULL;

-- name: end_publishing(key)$
SELECT pg_advisory_unlock(:key);

-- name: end_stalled_publisher(key, stalled_s)
-- Closes the session of a relay that froze while it published: of one that sent no statement for so long.
SELECT pg_terminate_backend(pid)
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32) + l.objid::bigint = :key AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND a.state = 'idle' AND a.state_change < clock_timestamp() - make_interval(secs => :stalled_s);

-- name: enter_lanes()!
-- Retries that are due take part in their lanes from now on, like an analysis that has just begun.
WITH due AS (
    SELECT o.id, l.turn + row_number() OVER (PARTITION BY o.lane, o.analysis_id ORDER BY o.id) - 1 AS turn
    FROM outbox AS o JOIN outbox_lanes AS l ON l.lane = o.lane
    WHERE o.published_at IS NULL AND o.available_at <= clock_timestamp()
)
UPDATE outbox AS o SET available_at = NULL, turn = due.turn
FROM due WHERE o.id = due.id AND o.published_at IS NULL;

-- name: take_waiting(n_express, n_bulk)
-- Express first; within a lane by turns. Nothing is locked: only the publishing relay reads this.
(
    SELECT id, analysis_id, segment_index, lane FROM outbox
    WHERE lane = 'express' AND published_at IS NULL AND available_at IS NULL ORDER BY turn, id LIMIT :n_express
)
UNION ALL
(
    SELECT id, analysis_id, segment_index, lane FROM outbox
    WHERE lane = 'bulk' AND published_at IS NULL AND available_at IS NULL ORDER BY turn, id LIMIT :n_bulk
);

-- name: mark_published(ids)!
-- The lane's turn goes on with its jobs, so that an analysis which comes now waits for one job of each other at most.
WITH published AS (
    UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY(:ids::bigint[]) RETURNING lane, turn
)
UPDATE outbox_lanes AS l SET turn = p.turn + 1
FROM (SELECT lane, max(turn) AS turn FROM published GROUP BY lane) AS p
WHERE l.lane = p.lane AND l.turn <= p.turn;

-- name: lag()^
-- A retry that is not due waits too, but nobody waits for it to be published. Two indexes, not all that was published.
SELECT
    count(*) AS waiting,
    greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(since)), 0)) AS oldest_s
FROM (
    SELECT created_at AS since FROM outbox WHERE published_at IS NULL AND available_at IS NULL
    UNION ALL
    SELECT available_at FROM outbox WHERE published_at IS NULL AND available_at IS NOT NULL
) AS waiting;

-- name: prune(keep_s)!
DELETE FROM outbox WHERE published_at < now() - make_interval(secs => :keep_s);
