"""Reviews of the made-up years: one event in a hundred, and the surest of one common taxon."""

import psycopg

SPREAD_EVERY = 100
"""Of the events of all taxa, one in so many was reviewed: 100,000 of ten million."""
WORN_TAXON = "code2"
"""Its surest events are reviewed, so that whoever asks for the surest first must pass over them."""
WORN_SHARE = 100
"""They are as many as one in so many of all events."""

_REVIEWS = """
INSERT INTO reviews (
    recording_id, scientific_name, onset_ms, offset_ms, verdict, reviewer, strategy, reviewed_at
)
SELECT d.recording_id, x.scientific_name, d.onset_s * 1000, d.offset_s * 1000,
    CASE WHEN random() < 0.03 THEN 'uncertain'
        WHEN random() < 1 / (1 + exp(0.5 - ln(confidence / (1.0001 - confidence)))) THEN 'confirmed'
        ELSE 'rejected' END,
    'Ada', strategy, now()
FROM (
    (
        SELECT *, 'random' AS strategy FROM detections
        WHERE hashint8(id) %% %(every)s = 0
    )
    UNION ALL
    (
        SELECT *, 'highest' FROM detections
        WHERE taxon_id = (SELECT id FROM taxa WHERE code = %(worn)s)
        ORDER BY confidence DESC, id LIMIT (SELECT count(*) / %(share)s FROM detections)
    )
) AS d
JOIN taxa AS x ON x.id = d.taxon_id
"""
_MARKS = """
UPDATE detections SET is_reviewed = true
WHERE id IN (
    SELECT d.id
    FROM reviews AS r
    JOIN taxa AS x ON x.scientific_name = r.scientific_name
    JOIN detections AS d ON d.recording_id = r.recording_id AND d.taxon_id = x.id
    WHERE d.onset_s * 1000 < r.offset_ms AND d.offset_s * 1000 > r.onset_ms
        AND EXISTS (SELECT FROM review_of(d.recording_id, x.scientific_name, d.onset_s, d.offset_s))
)
"""
"""What the trigger does for each review, done for all at once."""
_THRESHOLDS = """
INSERT INTO thresholds (scientific_name, site, pack_name, threshold, set_by)
SELECT x.scientific_name, s.site, 'birdnet', 0.5 + 0.45 * (abs(hashint4(x.id + s.n)) % 100) / 100.0, 'Ada'
FROM taxa AS x CROSS JOIN (
    SELECT NULL AS site, 0 AS n UNION ALL SELECT 'site ' || n, n FROM generate_series(0, 9) AS n
) AS s
WHERE substr(x.code, 5)::int <= 300 AND (s.site IS NULL OR x.id % 4 = 0)
ON CONFLICT DO NOTHING
"""
"""One for each taxon, and for every fourth one at each of ten sites, from 0.5 to 0.95."""


def fill_reviews(url: str) -> int:
    """Add the reviews to a filled database; return how many there are."""
    values = {"every": SPREAD_EVERY, "worn": WORN_TAXON, "share": WORN_SHARE}
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET synchronous_commit = off; SET work_mem = '256MB'")
        connection.execute("ALTER TABLE reviews DISABLE TRIGGER review_noted")
        made = connection.execute(_REVIEWS, values).rowcount
        connection.execute(_MARKS)
        connection.execute("ALTER TABLE reviews ENABLE TRIGGER review_noted")
        connection.execute(_THRESHOLDS)
        connection.execute("VACUUM ANALYZE detections")
        connection.execute("VACUUM ANALYZE thresholds")
        connection.execute("VACUUM ANALYZE reviews")
    return made
