"""Recordings whose events have known confidences, and reviews of them, straight into the tables."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import httpx

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.taxonomy import Taxon
from tests.integration.made_up import PACK, ROBIN, MadeUpWorker, upload, wav_bytes


def heard(
    client: httpx.Client,
    database: Database,
    confidences: Sequence[float],
    *,
    seed: int = 0,
    taxon: Taxon = ROBIN,
    **fields: str,
) -> str:
    """Upload a recording; have its analysis find a taxon in second 0 to 1, 2 to 3, … at these confidences alone."""
    answer = upload(client, wav_bytes(1.0, seed=seed), **fields)
    MadeUpWorker(database).finish(answer)
    put_events(database, answer["analyses"][-1]["id"], confidences, taxon=taxon)
    return str(answer["id"])


def put_events(database: Database, analysis_id: str, confidences: Sequence[float], *, taxon: Taxon = ROBIN) -> None:
    with database.transaction() as connection:
        connection.execute("DELETE FROM detections WHERE analysis_id = %s", [analysis_id])
        connection.execute(
            """
            INSERT INTO detections (analysis_id, recording_id, taxon_id, site, onset_s, offset_s, confidence)
            SELECT a.id, r.id, x.id, r.site, 2 * (n - 1), 2 * (n - 1) + 1, c
            FROM unnest(%s::real[]) WITH ORDINALITY AS t (c, n), analyses AS a
            JOIN recordings AS r ON r.id = a.recording_id, taxa AS x
            WHERE a.id = %s AND x.code = %s
            """,
            [list(confidences), analysis_id, taxon.code],
        )
        # As when it begins to count: events that reviews know are marked.
        connection.execute("UPDATE current_analyses SET finished_at = now() WHERE analysis_id = %s", [analysis_id])


def judge(
    database: Database,
    recording_id: str,
    verdicts: Iterable[str],
    *,
    name: str = ROBIN.scientific_name,
    strategy: str | None = None,
    reviewer: str = "Ada",
    onsets_ms: Iterable[int] | None = None,
    length_ms: int = 1000,
) -> None:
    """Review second 0 to 1, 2 to 3, … of a recording, or what begins at these onsets."""
    verdicts = list(verdicts)
    onsets = list(onsets_ms) if onsets_ms is not None else [2000 * n for n in range(len(verdicts))]
    with database.transaction() as connection:
        connection.execute(
            """
            INSERT INTO reviews (recording_id, scientific_name, onset_ms, offset_ms, verdict, reviewer, strategy)
            SELECT %s, %s, onset, onset + %s, verdict, %s, %s FROM unnest(%s::int[], %s::text[]) AS t (onset, verdict)
            """,
            [UUID(recording_id), name, length_ms, reviewer, strategy, onsets, verdicts],
        )


def told(client: httpx.Client, code: str = ROBIN.code, **wanted: Any) -> dict[str, Any]:
    """Return what reviews tell of a taxon."""
    response = client.get(f"/v1/taxa/{code}/precision", params=wanted)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    assert found["pack"] == wanted.get("pack", PACK.name)
    return found
