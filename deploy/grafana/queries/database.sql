-- Of the dashboard *Broker and database*. Macros ($__…) are Grafana's.

-- name: tables
SELECT
    relname AS "Table", pg_total_relation_size(relid) AS "Size", n_live_tup AS "Rows", n_dead_tup AS "Dead rows",
    coalesce(n_dead_tup::float / nullif(n_live_tup + n_dead_tup, 0), 0) AS "Dead",
    greatest(last_vacuum, last_autovacuum) AS "Last vacuum"
FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY 2 DESC;

-- name: publish_delay
SELECT
    $__timeGroup(published_at, $__interval) AS "time", lane AS metric,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM published_at - created_at)) AS value
FROM outbox WHERE $__timeFilter(published_at) GROUP BY 1, 2 ORDER BY 1, 2;

-- name: unfinished
SELECT
    filename AS "Recording", site AS "Site", pack_name AS "Pack", lane AS "Lane", state AS "State",
    created_at AS "Posted", segments_done AS "Done", segments_failed AS "Failed", segments_total AS "Segments",
    (analyzed_s / duration_s)::float AS "Analyzed", analysis_id AS "Analysis",
    recording_id AS "id"
FROM analyses_progress WHERE state <> 'finished' ORDER BY created_at LIMIT 100;

-- name: dead_letters
SELECT
    l.created_at AS "Time", l.reason AS "Reason", l.analysis_id AS "Analysis", l.segment_index AS "Segment", l.id AS "Letter",
    a.recording_id AS "id"
FROM dead_letters AS l LEFT JOIN analyses AS a ON a.id = l.analysis_id
WHERE l.requeued_at IS NULL ORDER BY l.id DESC LIMIT 100;
