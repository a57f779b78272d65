"""A worker's part, made up: packs registered and timelines saved straight into the ledger, so that no model runs."""

import io
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import soundfile

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.jobs import Lane, SegmentJob, SegmentWork, WorkerFacts
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Grid, SegmentTimeline, TaxonRow, quantize_scores

ROBIN = Taxon("eurrob1", "Erithacus rubecula", "European Robin", "Aves")
WREN = Taxon("winwre4", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
FROG = Taxon("65377", "Rana temporaria", "European Common Frog", "Amphibia")
PACK = PackFacts(
    name="birdnet",
    version="2.4.0",
    license="CC-BY-NC-SA-4.0",
    attribution="Cornell and Chemnitz",
    manifest_sha256="0" * 64,
    grid=Grid(window_s=5.0, frame_s=0.5),
    rules=EventRules(EventRule(0.5, 0.3, 0.0, 0.5), {FROG.code: EventRule(0.9, 0.8, 0.0, 0.5)}),
    taxa=(ROBIN, WREN, FROG),
    has_occurrence=True,
)
FACTS = WorkerFacts("made-up", "CPUExecutionProvider", PACK.version, {"inference": 0.1})


def wav_bytes(duration_s: float = 20.0, *, rate_hz: int = 8000, seed: int = 0, channels: int = 1) -> bytes:
    """Return noise as a WAV file; another seed is another recording."""
    noise = np.random.default_rng(seed).normal(0, 0.1, (round(duration_s * rate_hz), channels))
    file = io.BytesIO()
    soundfile.write(file, noise, rate_hz, format="WAV", subtype="PCM_16")
    return file.getvalue()


def upload(
    client: httpx.Client, content: bytes | None = None, name: str = "dawn.wav", /, **fields: str
) -> dict[str, Any]:
    """Post a recording that must be accepted; return the answer."""
    response = client.post("/v1/recordings", files={"file": (name, content or wav_bytes())}, data=fields)
    assert response.status_code in (200, 202), response.text
    answer: dict[str, Any] = response.json()
    return answer


def review(client: httpx.Client, recording_id: str, **changed: Any) -> str:
    """Post a review that must be accepted, of the robin that a made-up worker finds; return its id."""
    said = {"taxon": ROBIN.code, "onset_s": 2.0, "offset_s": 4.0, "verdict": "confirmed", "reviewer": "Ada"}
    response = client.post("/v1/reviews", json={"recording_id": recording_id, **said, **changed})
    assert response.status_code in (200, 201), response.text
    return str(response.json()["id"])


class MadeUpWorker:
    """Does segments one by one, as told."""

    def __init__(self, database: Database) -> None:
        self.ledger = PostgresLedger(database)
        self.ledger.register_pack(PACK)

    def start(self, analysis_id: str, segment: int = 0) -> SegmentWork:
        work = self.ledger.start_segment(SegmentJob(UUID(analysis_id), segment, Lane.EXPRESS), FACTS.name)
        assert work is not None
        return work

    def save(self, analysis_id: str, segment: int = 0) -> None:
        work = self.start(analysis_id, segment)
        self.ledger.save_timeline(work, made_up_timeline(work), FACTS)

    def fail(self, analysis_id: str, segment: int = 0, reason: str = "the decoder crashed (signal 11)") -> None:
        self.start(analysis_id, segment)
        self.ledger.fail_segment(SegmentJob(UUID(analysis_id), segment, Lane.EXPRESS), reason)

    def finish(self, answer: dict[str, Any]) -> str:
        """Do all segments of an upload's analysis; return the analysis' id."""
        analysis = answer["analyses"][-1]
        self.save_all(analysis)
        return str(analysis["id"])

    def save_all(self, analysis: dict[str, Any]) -> None:
        for segment in range(analysis["segments_total"]):
            self.save(analysis["id"], segment)


def made_up_timeline(work: SegmentWork) -> SegmentTimeline:
    """In every segment a robin sings from 2 s to 4 s at 0.9, and from 6 s to 7 s at 0.4; a wren throughout at 0.2."""
    segment = work.segment
    windows, frames = (
        PACK.grid.windows(segment.start_s, segment.end_s),
        PACK.grid.frames(segment.start_s, segment.end_s),
    )
    robin = np.zeros(len(frames), np.float32)
    robin[4:8], robin[12:14] = 0.9, 0.4
    wren = np.full(len(frames), 0.2, np.float32)
    rows = tuple(_row(taxon, scores, len(windows)) for taxon, scores in ((ROBIN, robin), (WREN, wren)))
    return SegmentTimeline(
        segment, windows.start, len(windows), frames.start, len(frames), rows, analyzed_s=segment.duration_s
    )


def _row(taxon: Taxon, scores: np.ndarray[Any, Any], n_windows: int) -> TaxonRow:
    window_scores = np.full(n_windows, scores.min(), np.float32)
    window_scores[0] = scores.max()
    return TaxonRow(taxon, window_scores, quantize_scores(scores), float(scores.max()))
