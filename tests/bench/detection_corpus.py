"""A station's years made by SQL: 50 sites, 300 taxa with a frequency of 1/rank, a tenth analyzed twice.

Most taxa are birds. Of the detections one in fifteen is of an insect, one in thirty of an amphibian, one in 2,000 of a
mammal.
"""

import psycopg
from yoyo import get_backend, read_migrations

from dawn_chorus.adapters.postgres.migrate import MIGRATIONS

DETECTIONS_AN_ANALYSIS = 152
SITES, TAXA = 50, 300
SILENT_TAXA = 6200
"""Birds of the pack that were never heard."""
CAPPED_TAXON = 40
"""By rank; its confidences end at .85."""
LONELY_SITE = "site 50"
"""Has recordings and not one detection."""

_TABLES = """
INSERT INTO packs (name, version, license, attribution, manifest_sha256, window_s, frame_s, rules)
VALUES ('birdnet', '2.4.0', 'CC0-1.0', 'nobody', repeat('a', 64), 5, 0.5,
    '{"default": {"onset_threshold": 0.5, "offset_threshold": 0.3, "min_gap_s": 0, "min_event_s": 0.5},
    "by_taxon": {}}');
INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class)
SELECT 'code' || i, 'Genus species' || i, 'Taxon ' || i,
    CASE WHEN i = 299 THEN 'Mammalia' WHEN i > 250 AND i <= %(taxa)s THEN 'Amphibia'
        WHEN i %% 10 = 0 AND i <= %(taxa)s THEN 'Insecta' ELSE 'Aves' END
FROM generate_series(1, %(taxa)s + %(silent)s) AS i;
INSERT INTO pack_taxa (pack_id, position, taxon_id)
SELECT p.id, row_number() OVER (ORDER BY x.id) - 1, x.id FROM packs AS p CROSS JOIN taxa AS x;
INSERT INTO recordings (
    filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, channels, site,
    recorded_at, recorded_utc_offset_s
)
SELECT i || '.flac', 'r/' || i, 1000000, lpad(to_hex(i), 64, '0'), 'flac/pcm_16', 3000, 48000, 1,
    'site ' || CASE WHEN i %% 1000 = 0 THEN %(sites)s ELSE i %% %(sites)s END,
    CASE WHEN i %% 33 > 0 THEN timestamptz '2024-01-01' + (i / %(sites)s) * interval '6 h' END,
    CASE WHEN i %% 33 > 0 THEN 0 END
FROM generate_series(1, %(recordings)s) AS i;
ALTER TABLE analyses DISABLE TRIGGER USER;
INSERT INTO analyses (
    recording_id, state, result, pack_name, pack_version, settings, lane, segment_s, segments_total,
    started_at, finished_at
)
SELECT id, 'finished', 'succeeded', 'birdnet', '2.4.0',
    '{"floor": 0.05, "occurrence_min": null, "event_rule": null}', 'bulk', 300, 10,
    now(), now() - again * interval '1 d'
FROM recordings CROSS JOIN generate_series(0, 1) AS again
WHERE again = 0 OR ('x' || right(sha256, 6))::bit(24)::int %% 10 = 0
ORDER BY again DESC, id;
INSERT INTO analyses (
    recording_id, state, result, pack_name, settings, lane, segment_s, segments_total, started_at, finished_at
)
SELECT id, 'finished', 'succeeded', 'rare', '{"floor": 0.05, "occurrence_min": null, "event_rule": null}', 'bulk', 300,
    10, now(), now()
FROM recordings ORDER BY id LIMIT 10;
ALTER TABLE analyses ENABLE TRIGGER USER;
INSERT INTO current_analyses (recording_id, pack_name, analysis_id, finished_at)
SELECT DISTINCT ON (recording_id, pack_name) recording_id, pack_name, id, finished_at
FROM analyses ORDER BY recording_id, pack_name, finished_at DESC, id DESC;
INSERT INTO segments (
    analysis_id, segment_index, start_s, end_s, state, analyzed_s,
    first_window, n_windows, first_frame, n_frames, finished_at
)
SELECT id, i, 300 * i, 300 * (i + 1), 'done', 300, 60 * i, 60, 600 * i, 600, now()
FROM analyses CROSS JOIN generate_series(0, 9) AS i
"""
_DETECTIONS = """
INSERT INTO detections (
    analysis_id, recording_id, taxon_id, site, onset_s, offset_s, started_at, ended_at, confidence
)
SELECT a.id, r.id, heard.taxon_id, r.site, onset_s, onset_s + 3,
    r.recorded_at + make_interval(secs => onset_s), r.recorded_at + make_interval(secs => onset_s + 3),
    CASE WHEN heard.taxon_id = (SELECT min(id) FROM taxa) + %(capped)s - 1 THEN least(confidence, 0.85)
        ELSE confidence END
FROM analyses AS a
JOIN recordings AS r ON r.id = a.recording_id
CROSS JOIN LATERAL (
    SELECT (SELECT min(id) FROM taxa) - 1 + floor(exp(random() * ln(%(taxa)s + 1.0)))::int AS taxon_id,
        round((random() * 2990)::numeric, 1) AS onset_s, 0.5 + 0.5 * random() ^ 5.12 AS confidence
    FROM generate_series(1, %(n)s) WHERE a.id IS NOT NULL
    ORDER BY taxon_id, onset_s
) AS heard
WHERE r.site <> %(lonely)s
"""


def migrate_to(url: str, last: str) -> None:
    """Apply the migrations whose names do not come after `last`."""
    backend = get_backend(url.replace("postgresql://", "postgresql+psycopg://"))
    missing = backend.to_apply(read_migrations(str(MIGRATIONS)))
    backend.apply_migrations(missing.filter(lambda migration: migration.id <= last))
    backend.connection.close()


def fill(url: str, detections: int) -> None:
    """Fill a database with about so many detections; indexes are made after the rows."""
    analyses = max(1, detections // DETECTIONS_AN_ANALYSIS)
    values = {
        "taxa": TAXA, "silent": SILENT_TAXA, "sites": SITES, "recordings": round(analyses / 1.1),
        "n": DETECTIONS_AN_ANALYSIS, "capped": CAPPED_TAXON, "lonely": LONELY_SITE,
    }  # fmt: skip
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'; SET synchronous_commit = off")
        for statement in _TABLES.split(";\n"):
            connection.execute(statement, values)
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes "
            "WHERE tablename = 'detections' AND indexname <> 'detections_pkey'"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("ANALYZE")
        connection.execute(_DETECTIONS, values)
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")
