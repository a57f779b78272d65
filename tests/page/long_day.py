"""A day of 24 hours and fifty taxa, made up straight in the database of a running `chorus up`.

Nothing analyzed it: the scores follow from when each singer sings (`dawn_singers`). The audio is silence at 24 kHz, a
sparse file, with ten minutes of real recordings from 04:30 on, so that there is something to see and hear.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import numpy as np
import soundfile
import soxr
from numpy.random import Generator
from numpy.typing import NDArray

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, NewRecording, StoredRecording
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.jobs import Lane, SegmentJob, WorkerFacts
from dawn_chorus.domain.lost_audio import LostStretch, clip_lost
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.recording import AudioFacts, Place
from dawn_chorus.domain.timeline import Grid, Scores, SegmentTimeline, TaxonRow, quantize_scores
from tests.page.dawn_singers import SINGERS, Singer
from tests.servers.chorus_up import Service

DAY_S, SEGMENT_S = 86_400.0, 300.0
MIDNIGHT = datetime(2026, 5, 3, tzinfo=timezone(timedelta(hours=2)))
POND = Place("north-marsh", 52.52, 13.405, MIDNIGHT)
RATE_HZ, HEARD_FROM_S, HEARD_S = 24_000, 4.5 * 3600, 600
GRID = Grid(window_s=3.0, frame_s=0.5)
PACK = PackFacts(
    name="long-day",
    version="1.0.0",
    license="CC0-1.0",
    attribution="made up for tests",
    manifest_sha256="d" * 64,
    grid=GRID,
    rules=EventRules(EventRule(), {}),
    taxa=tuple(singer.taxon for singer in SINGERS),
)
CUT_SHORT = (LostStretch(31_200.0, 31_500.0, "the decoder crashed"),)
_NO_JOBS = """
CREATE FUNCTION drop_job() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER drop_jobs BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION drop_job()
"""


def post_long_day(
    service: Service,
    audio_dir: Path | None = None,
    *,
    lost: Sequence[LostStretch] = (),
    singers: Sequence[Singer] = SINGERS,
    done_s: float = DAY_S,
) -> str:
    """Make the recording and all its results; return its id. Without `audio_dir` its audio is gone, the results stay.

    A lost stretch that covers a segment fails it; in others it is lost within the segment. Where `done_s` is less than
    the day the analysis goes on for ever.
    """
    key = f"{uuid4()}.wav"
    size_bytes = 0 if audio_dir is None else _write_audio(service.folder / "data" / "audio" / key, audio_dir)
    url = (service.folder / "data" / "database-url").read_text().strip()
    with Database(url) as database:
        recording = _create(database, key, size_bytes)
        _save(database, recording, lost, singers, done_s)
        if audio_dir is None:
            with database.transaction() as connection:
                gone = "UPDATE recordings SET audio_removed_at = now() WHERE id = %s"
                connection.execute(gone, [recording.recording.id])
    return str(recording.recording.id)


def _create(database: Database, key: str, size_bytes: int) -> StoredRecording:
    """Create it while no job reaches the service's own worker, which has no such pack."""
    PostgresLedger(database).register_pack(PACK)
    audio = AudioFacts("wav/pcm_16", DAY_S, RATE_HZ, 1)
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    new = NewRecording("2026-05-03_north-marsh.wav", key, size_bytes, sha256, audio, POND)
    with no_jobs(database):
        return create_recording(database, new, AnalysisRequest(PACK.name, Lane.BULK, SEGMENT_S))


@contextmanager
def no_jobs(database: Database) -> Iterator[None]:
    """Have analyses that are made meanwhile reach no worker: what is made up here, none could analyze."""
    with database.transaction() as connection:
        connection.execute(_NO_JOBS)
    try:
        yield
    finally:
        with database.transaction() as connection:
            connection.execute("DROP TRIGGER drop_jobs ON outbox; DROP FUNCTION drop_job()")


def _save(
    database: Database,
    recording: StoredRecording,
    lost: Sequence[LostStretch],
    singers: Sequence[Singer],
    done_s: float,
) -> None:
    ledger, analysis = PostgresLedger(database), recording.analyses[0]
    facts = WorkerFacts("worker-1", "CPUExecutionProvider", PACK.version, {"decode": 0.1})
    rng = np.random.default_rng(12)
    scores = [score_day(singer, rng) for singer in singers]
    for index in range(round(done_s / SEGMENT_S)):
        job = SegmentJob(analysis.id, index, Lane.BULK)
        work = ledger.start_segment(job, "worker-1")
        assert work is not None
        missing = clip_lost(lost, work.segment.start_s, work.segment.end_s)
        lost_s = sum(each.end_s - each.start_s for each in missing)
        if lost_s >= work.segment.duration_s:
            ledger.fail_segment(job, missing[0].reason)
            continue
        windows = GRID.windows(work.segment.start_s, work.segment.end_s)
        frames = GRID.frames(work.segment.start_s, work.segment.end_s)
        rows = [_row(singer, each, frames, missing) for singer, each in zip(singers, scores, strict=True)]
        heard = tuple(row for row in rows if row.peak >= work.settings.floor)
        timeline = SegmentTimeline(
            work.segment, windows.start, len(windows), frames.start, len(frames), heard,
            analyzed_s=work.segment.duration_s - lost_s, lost=missing,
        )  # fmt: skip
        ledger.save_timeline(work, timeline, facts)


def _row(singer: Singer, day: Scores, frames: range, missing: Sequence[LostStretch]) -> TaxonRow:
    scores = day[frames.start : frames.stop].copy()
    for each in missing:
        first, last = (round(at_s / 0.5) - frames.start for at_s in (each.start_s, each.end_s))
        scores[first:last] = 0.0
    window_scores = scores.reshape(-1, round(GRID.window_s / 0.5)).max(axis=1)
    return TaxonRow(singer.taxon, window_scores, quantize_scores(scores), float(scores.max()))


def score_day(singer: Singer, rng: Generator) -> Scores:
    """Return framewise scores of the day, (172,800,): songs in bouts, over a little noise."""
    n = round(DAY_S / 0.5)
    minutes = np.arange(1440) / 60.0
    bouts = np.repeat(rng.gamma(0.7, 1 / 0.7, 288), 5)
    songs = rng.poisson(singer.expect_songs(minutes) / 60.0 * bouts)
    begins = np.repeat(np.arange(1440) * 120, songs) + rng.integers(0, 120, songs.sum())
    scores = (rng.random(n, np.float32) ** 6 * np.float32(0.09)).astype(np.float32)
    lengths, loudness = rng.integers(3, 11, len(begins)), singer.best_score * rng.beta(4.0, 1.6, len(begins))
    for begin, length, height in zip(begins.tolist(), lengths.tolist(), loudness.tolist(), strict=True):
        song = height * np.sin(np.pi * (np.arange(length) + 0.7) / (length + 0.4)) ** 0.5
        part = scores[begin : begin + length]
        np.maximum(part, song[: len(part)].astype(np.float32), out=part)
    return scores


def _write_audio(path: Path, audio_dir: Path) -> int:
    n_bytes = round(DAY_S * RATE_HZ) * 2
    header = b"RIFF%bWAVEfmt %b" % ((36 + n_bytes).to_bytes(4, "little"), (16).to_bytes(4, "little"))
    for value, size in ((1, 2), (1, 2), (RATE_HZ, 4), (RATE_HZ * 2, 4), (2, 2), (16, 2)):
        header += value.to_bytes(size, "little")
    header += b"data" + n_bytes.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + n_bytes)
        sound = _ten_minutes(audio_dir)
        # The eighths are where the service listens to tell the contrast of its pictures.
        for eighth in range(8):
            at = min(round(eighth * DAY_S / 7), round(DAY_S) - 10)
            file.seek(len(header) + at * RATE_HZ * 2)
            file.write(sound[: 10 * RATE_HZ].tobytes())
        file.seek(len(header) + round(HEARD_FROM_S * RATE_HZ) * 2)
        file.write(sound.tobytes())
    return len(header) + n_bytes


def _ten_minutes(audio_dir: Path) -> NDArray[np.int16]:
    """Return real recordings one after the other, again and again, (n_samples,)."""
    parts = []
    for path in sorted((audio_dir / "birdnet").glob("*.wav")) + sorted((audio_dir / "powdermill").glob("*.wav")):
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        parts.append(soxr.resample(samples.mean(axis=1)[: 60 * rate_hz], rate_hz, RATE_HZ))
    together = np.resize(np.concatenate(parts), HEARD_S * RATE_HZ)
    return np.asarray(np.clip(together * 32767, -32768, 32767), dtype=np.int16)
