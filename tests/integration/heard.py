"""Events of recordings, made up: what an analysis found, finished as workers finish it, and what people say of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.domain.taxonomy import Taxon
from tests.integration.made_up import ROBIN

Sung = tuple[float, float]
"""Where an event begins, in seconds, and its confidence; it lasts a second."""
_SETTINGS = '{"floor": 0.05, "occurrence_min": null, "event_rule": null}'


def hear(
    database: Database,
    events: Sequence[Sung],
    *,
    site: str | None = "marsh",
    at: str | None = None,
    taxon: Taxon = ROBIN,
    pack: str = "birdnet",
) -> UUID:
    """Make a recording with these events; `at` is when it starts, with its offset from UTC."""
    start = datetime.fromisoformat(at) if at else None
    offset = start.utcoffset() if start else None
    name = uuid4().hex
    with database.transaction() as connection:
        row = connection.execute(
            "INSERT INTO recordings (filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, "
            "channels, site, recorded_at, recorded_utc_offset_s) "
            "VALUES (%s, %s, 1, %s, 'flac/pcm_16', 7200, 48000, 2, %s, %s, %s) RETURNING id",
            [f"{name}.flac", name, name * 2, site, start, None if offset is None else offset.total_seconds()],
        ).fetchone()
        assert row is not None
        analyze(connection, row["id"], events, taxon=taxon, pack=pack)
    recording_id: UUID = row["id"]
    return recording_id


def analyze(
    connection: Connection, recording_id: UUID, events: Sequence[Sung], *, taxon: Taxon = ROBIN, pack: str = "birdnet"
) -> UUID:
    """Let a new analysis of a recording find these events and finish."""
    row = connection.execute(
        "INSERT INTO analyses (recording_id, state, pack_name, settings, lane, segment_s, segments_total) "
        "VALUES (%s, 'running', %s, %s, 'bulk', 7200, 1) RETURNING id",
        [recording_id, pack, _SETTINGS],
    ).fetchone()
    assert row is not None
    for onset_s, confidence in events:
        connection.execute(
            "INSERT INTO detections (analysis_id, recording_id, taxon_id, site, onset_s, offset_s, started_at, "
            "ended_at, confidence) SELECT %(analysis)s, r.id, x.id, r.site, %(on)s, %(on)s + 1, "
            "r.recorded_at + make_interval(secs => %(on)s), r.recorded_at + make_interval(secs => %(on)s + 1), "
            "%(confidence)s FROM recordings AS r, taxa AS x WHERE r.id = %(recording)s AND x.code = %(code)s",
            {
                "analysis": row["id"], "recording": recording_id, "on": onset_s, "confidence": confidence,
                "code": taxon.code,
            },
        )  # fmt: skip
    connection.execute(
        "UPDATE analyses SET state = 'finished', result = 'succeeded', finished_at = clock_timestamp() WHERE id = %s",
        [row["id"]],
    )
    analysis_id: UUID = row["id"]
    return analysis_id


def judge(client: httpx.Client, event: dict[str, Any], verdict: str = "confirmed") -> dict[str, Any]:
    """Review an event of the queue."""
    said = {"taxon": event["scientific_name"], "verdict": verdict, "reviewer": "Ada"}
    said |= {name: event[name] for name in ("recording_id", "onset_s", "offset_s")}
    answer = client.post("/v1/reviews", json=said)
    assert answer.status_code in (200, 201), answer.text
    review: dict[str, Any] = answer.json()
    return review
