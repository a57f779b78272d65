-- What dashboards may see: the role `reader` reads results and progress, and neither keys nor kept answers.
-- It cannot log in until whoever runs the server gives it a password: ALTER ROLE reader LOGIN PASSWORD '…'.

DO $$
BEGIN
    -- Roles belong to the whole server: another database, or an administrator, may have made it.
    IF to_regrole('reader') IS NULL THEN
        CREATE ROLE reader NOLOGIN;
        ALTER ROLE reader SET default_transaction_read_only = on;
        ALTER ROLE reader SET statement_timeout = '30s';
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL; -- at the same moment, by a migration of another database
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role reader is missing and % may not make it', current_user
            USING HINT = 'As a superuser: CREATE ROLE reader NOLOGIN; then run the migrations again.';
END
$$;

-- The columns of detections_named, and what a dashboard groups by.
CREATE VIEW detections_heard AS
SELECT
    d.id, d.analysis_id, d.recording_id, r.filename, coalesce(d.site, '(no site)') AS site,
    t.id AS taxon_id, t.scientific_name, t.common_name, t.taxonomic_class,
    d.onset_s, d.offset_s, d.confidence, a.pack_name AS pack, a.pack_version,
    coalesce(d.started_at, '-infinity') AS heard_at,
    d.started_at AT TIME ZONE 'UTC' + make_interval(secs => r.recorded_utc_offset_s) AS heard_at_local
FROM detections AS d
JOIN taxa AS t ON t.id = d.taxon_id
JOIN recordings AS r ON r.id = d.recording_id
JOIN analyses AS a ON a.id = d.analysis_id;
COMMENT ON VIEW detections_heard IS 'detections by place and time; undated ones were heard at -infinity, as in the indexes';
COMMENT ON COLUMN detections_heard.heard_at_local IS 'by the clock at the recorder, which birds keep to';

GRANT USAGE ON SCHEMA public TO reader;
GRANT SELECT ON recordings, packs, taxa, pack_taxa, analyses, segments, timelines, detections, outbox, dead_letters TO reader;
GRANT SELECT ON detections_named, detections_heard, analyses_progress TO reader;
