"""Recordings in every state, made in the database of a running `chorus up` as its parts would leave them there.

Jobs that are made here reach no worker, so a state stays as it was made. Where a state is quickly had by an upload
through the API, it is had that way (`post_sound`).
"""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import soundfile
from numpy.typing import NDArray

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, NewRecording, StoredRecording
from dawn_chorus.domain.analysis import AnalysisSettings
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.jobs import Lane, SegmentJob, WorkerFacts
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.recording import AudioFacts, Place
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Grid, SegmentTimeline, TaxonRow, quantize_scores
from dawn_chorus.domain.warnings import AnalysisWarning
from tests.servers.chorus_up import Service
from tests.servers.postgres_fill import CRICKET, DAWN, ROBIN, WREN

SEGMENT_S, RATE_HZ = 60.0, 8000
VOICE = Taxon("humvoc", "Human vocal", "Human vocal", "Mammalia")
WOODS = PackFacts(
    name="woods",
    version="1.0.0",
    license="CC0-1.0",
    attribution="made up for tests",
    manifest_sha256="e" * 64,
    grid=Grid(window_s=3.0, frame_s=0.5),
    rules=EventRules(EventRule(), {}),
    taxa=(
        *(ROBIN, WREN, CRICKET, VOICE),
        *(Taxon(f"taxon{i}", f"Avis numerata {i}", f"Bird {i}", "Aves") for i in range(500)),
    ),
)
BY_THE_POND = Place("pond", 52.5, 13.4, DAWN)
_HOLD_JOBS = """
CREATE FUNCTION hold_job() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER hold_jobs BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION hold_job()
"""
_numbers = count()


@dataclass(frozen=True, slots=True)
class Song:
    """Who sings in a segment, from its start on, and how sure the model is."""

    taxon: Taxon = ROBIN
    onset_s: float = 10.0
    length_s: float = 3.0
    score: float = 0.94


class MadeStates:
    """Makes recordings whose analysis goes exactly as far as it is told to."""

    def __init__(self, service: Service, database: Database) -> None:
        self._audio = service.folder / "data" / "audio"
        self._database = database
        self._ledger = PostgresLedger(database)
        self._ledger.register_pack(WOODS)

    def post(self, name: str, *, n_segments: int = 1, place: Place = BY_THE_POND, lane: Lane = Lane.BULK) -> "Made":
        """Return a recording that waits: a minute of near silence for each segment."""
        key, duration_s = f"{name}-{next(_numbers)}.flac", n_segments * SEGMENT_S
        sound = _hum(duration_s, RATE_HZ)
        soundfile.write(self._audio / key, sound, RATE_HZ)
        size_bytes = (self._audio / key).stat().st_size
        audio = AudioFacts("flac/pcm_16", duration_s, RATE_HZ, 1)
        new = NewRecording(name, key, size_bytes, hashlib.sha256(key.encode()).hexdigest(), audio, place)
        request = AnalysisRequest(WOODS.name, lane, SEGMENT_S, AnalysisSettings())
        with _held(self._database, _HOLD_JOBS, "DROP TRIGGER hold_jobs ON outbox; DROP FUNCTION hold_job()"):
            return Made(create_recording(self._database, new, request), self._ledger)

    def remove_audio(self, made: "Made") -> None:
        """Do as `chorus retention` does with old audio."""
        self.run("UPDATE recordings SET audio_removed_at = now() WHERE id = %s", made.recording_id)

    def run(self, statement: str, *parameters: Any) -> None:
        with self._database.transaction() as connection:
            connection.execute(statement, parameters)


@contextmanager
def _held(database: Database, hold: str, release: str) -> Iterator[None]:
    for statement, before in ((hold, True), (release, False)):
        if not before:
            yield
        with database.transaction() as connection:
            connection.execute(statement)


class Made:
    """A recording whose segments are done one by one."""

    def __init__(self, stored: StoredRecording, ledger: PostgresLedger) -> None:
        self._ledger = ledger
        self.recording_id: UUID = stored.recording.id
        self.analysis_id: UUID = stored.analyses[0].id
        self.address = f"/recordings/{self.recording_id}"

    def do(
        self,
        index: int = 0,
        *songs: Song,
        lost: Sequence[LostStretch] = (),
        warnings: Sequence[AnalysisWarning] = (),
    ) -> "Made":
        """Save a segment with these songs; return the same recording, for the next step."""
        work = self._ledger.start_segment(self._job(index), "worker-1")
        assert work is not None
        segment, grid = work.segment, WOODS.grid
        windows, frames = grid.windows(segment.start_s, segment.end_s), grid.frames(segment.start_s, segment.end_s)
        lost_s = sum(each.end_s - each.start_s for each in lost)
        timeline = SegmentTimeline(
            segment, windows.start, len(windows), frames.start, len(frames),
            tuple(_row(song, len(frames), len(windows)) for song in songs),
            analyzed_s=segment.duration_s - lost_s, lost=tuple(lost), warnings=tuple(warnings),
        )  # fmt: skip
        self._ledger.save_timeline(work, timeline, WorkerFacts("worker-1", "CPUExecutionProvider", WOODS.version, {}))
        return self

    def begin(self, index: int = 0) -> "Made":
        """A worker has it in hand."""
        self._ledger.start_segment(self._job(index), "worker-1")
        return self

    def fail(self, index: int = 0, reason: str = "the decoder crashed") -> "Made":
        self.begin(index)
        self._ledger.fail_segment(self._job(index), reason)
        return self

    def _job(self, index: int) -> SegmentJob:
        return SegmentJob(self.analysis_id, index, Lane.BULK)


def _row(song: Song, n_frames: int, n_windows: int) -> TaxonRow:
    frames = np.zeros(n_frames, np.float32)
    first = round(song.onset_s / 0.5)
    frames[first : first + round(song.length_s / 0.5)] = song.score
    windows = np.resize(frames, n_windows * 6).reshape(n_windows, 6).max(axis=1)
    return TaxonRow(song.taxon, windows, quantize_scores(frames), song.score)


def _hum(duration_s: float, rate_hz: int, channels: int = 1) -> NDArray[np.float32]:
    rng = np.random.default_rng(next(_numbers))
    return (rng.standard_normal((round(duration_s * rate_hz), channels)) * 0.001).astype(np.float32)


def post_sound(
    api: httpx.Client,
    name: str,
    sound: NDArray[np.float32] | bytes,
    rate_hz: int = 48_000,
    fields: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Upload a sound, (n_samples, n_channels), as WAV, and return the recording once it is analyzed."""
    file = io.BytesIO()
    if isinstance(sound, bytes):
        file.write(sound)
    else:
        soundfile.write(file, sound, rate_hz, format="WAV", subtype="PCM_16")
    answer = (
        api.post("/v1/recordings", files={"file": (name, file.getvalue())}, data=fields or {}).raise_for_status().json()
    )
    analysis = answer["analyses"][0]["id"]
    with api.stream("GET", f"/v1/analyses/{analysis}/events", timeout=timedelta(minutes=2).seconds) as events:
        for _ in events.iter_lines():
            """Until the service ends the stream: the analysis is over."""
    found: dict[str, Any] = api.get(f"/v1/recordings/{answer['id']}").raise_for_status().json()
    assert found["analyses"][0]["terminal"]
    return found


def noise(duration_s: float, rate_hz: int = 48_000, channels: int = 1) -> NDArray[np.float32]:
    """Return a very quiet hiss in which nobody sings, (n_samples, channels)."""
    return _hum(duration_s, rate_hz, channels)
