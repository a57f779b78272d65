"""Exports of the real service on real PostgreSQL, written into a folder for the programs in `.venv-readers`.

`python -m tests.exported_files FOLDER PACKAGES` runs in `.venv`; `tests/readers` reads the folder in the other one.
PACKAGES is where that one's packages are: pyarrow, an extra that `.venv` lacks, comes from there.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

import dawn_chorus.one_blas_thread  # noqa: F401 - before numpy
from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.exports.formats import ExportFormat
from tests.integration.made_up import FROG, ROBIN, MadeUpWorker, upload, wav_bytes
from tests.servers.api import run_api
from tests.servers.postgres import start_node

RECORDINGS: tuple[tuple[str, dict[str, str]], ...] = (
    ("Höhe, 1.wav", {"site": "north-marsh", "recorded_at": "2026-05-03T04:30:00.250+02:00", "latitude": "52.5"}),
    ("b.wav", {"site": "north-marsh", "recorded_at": "2026-05-03T04:31:00+02:00", "latitude": "52.5"}),
    ("c.wav", {"site": "pond", "recorded_at": "2026-05-02T23:59:50+00:00", "latitude": "-33.5"}),
    ("nowhere.wav", {}),
)
"""Names and fields; each of 30 s, in which a robin sings three times. They are not in the order of their starts."""


def main(folder: Path) -> None:
    """Fill the folder: what each URL answers in each format, and `rows.json` with what the API says of it."""
    folder.mkdir(parents=True, exist_ok=True)
    node, store = start_node(), Path(tempfile.mkdtemp(prefix="chorus-exported-"))
    try:
        with (
            Database(node.make_database()) as database,
            run_api(database, open_audio_store(store.as_uri()), segment_s=10) as api,
        ):
            _write(api.client, MadeUpWorker(database), folder)
    finally:
        node.stop()
        shutil.rmtree(node.folder, ignore_errors=True)
        shutil.rmtree(store, ignore_errors=True)


def _write(client: httpx.Client, worker: MadeUpWorker, folder: Path) -> None:
    answers = []
    for seed, (name, fields) in enumerate(RECORDINGS):
        placed = fields | ({"longitude": "-0.25"} if "latitude" in fields else {})
        answers.append(upload(client, wav_bytes(30.0, seed=seed), name, **placed))
        worker.finish(answers[-1])
    _review(client, [answer["id"] for answer in answers])
    rows = client.get("/v1/detections", params={"limit": 1000}).json()["items"]
    one = answers[0]["analyses"][0]["links"]["detections"]
    for export_format in ExportFormat:
        _save(client, "/v1/detections", export_format, folder / "across")
        _save(client, one, export_format, folder / "one")
    for export_format in (ExportFormat.CAMTRAP_DP, ExportFormat.DWCA):
        _save(client, "/v1/detections", export_format, folder / "absent", taxon=FROG.code)
    (folder / "rows.json").write_text(json.dumps(rows))


def _review(client: httpx.Client, recording_ids: list[str]) -> None:
    """Confirm, correct, reject and doubt a robin each; the others nobody listens to."""
    said: list[dict[str, Any]] = [
        {"onset_s": 2.0, "verdict": "confirmed", "note": 'clear, "full" song'},
        {"onset_s": 12.0, "verdict": "rejected", "corrected_taxon": FROG.scientific_name},
        {"onset_s": 22.0, "verdict": "rejected"},
    ]
    items = [{"recording_id": recording_ids[0], **each} for each in said]
    items.append({"recording_id": recording_ids[1], "onset_s": 2.0, "verdict": "uncertain"})
    whole = [{"taxon": ROBIN.code, "offset_s": each["onset_s"] + 2, "reviewer": "Ada", **each} for each in items]
    answer = client.post("/v1/reviews/batch", json={"items": whole})
    assert answer.is_success, answer.text


def _save(client: httpx.Client, url: str, export_format: ExportFormat, folder: Path, **wanted: str) -> None:
    folder.mkdir(exist_ok=True)
    answer = client.get(url, params={"format": export_format, **wanted})
    assert answer.is_success or export_format is ExportFormat.AUDACITY_BIRDNET, answer.text
    (folder / f"{export_format}.headers.json").write_text(json.dumps(dict(answer.headers)))
    if answer.is_success:
        (folder / export_format).write_bytes(answer.content)


if __name__ == "__main__":
    # Behind all others: what both environments have is that of this one.
    sys.path.append(sys.argv[2])
    main(Path(sys.argv[1]))
