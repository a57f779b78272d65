"""Recordings, packs and scores to fill a test's database with."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from itertools import count
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, NewRecording, StoredRecording
from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.jobs import Lane, SegmentJob, SegmentWork, WorkerFacts
from dawn_chorus.domain.lost_audio import LostStretch, clip_lost
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.recording import AudioFacts, Place
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Grid, Scores, SegmentTimeline, TaxonRow, quantize_scores

ROBIN = Taxon("eurrob1", "Erithacus rubecula", "European Robin", "Aves")
WREN = Taxon("winwre4", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
CRICKET = Taxon("cricket", "Gryllus campestris", "Field Cricket", "Insecta")
DAWN = datetime(2026, 5, 3, 4, 30, tzinfo=timezone(timedelta(hours=2)))
PACK = PackFacts(
    name="woods",
    version="1.0.0",
    license="CC0-1.0",
    attribution="the woods",
    manifest_sha256="a" * 64,
    grid=Grid(window_s=5.0, frame_s=0.5),
    rules=EventRules(EventRule(), {"cricket": EventRule(onset_threshold=0.9, offset_threshold=0.9)}),
    taxa=(ROBIN, WREN, CRICKET),
)
FACTS = WorkerFacts("worker-1", "CPUExecutionProvider", PACK.version, {"decode": 0.1})
_numbers = count()


def new_recording(duration_s: float = 900.0, place: Place | None = None, *, sha256: str | None = None) -> NewRecording:
    """One nobody has posted before, unless `sha256` is given."""
    number = next(_numbers)
    return NewRecording(
        filename=f"dawn-{number}.flac",
        store_key=f"recordings/{number}",
        size_bytes=1000,
        sha256=sha256 or hashlib.sha256(str(number).encode()).hexdigest(),
        audio=AudioFacts("flac/pcm_16", duration_s, 48_000, 1),
        place=place or Place("pond", 52.5, 13.4, DAWN),
    )


def post(
    database: Database,
    duration_s: float = 900.0,
    *,
    place: Place | None = None,
    segment_s: float = 300.0,
    lane: Lane = Lane.EXPRESS,
) -> StoredRecording:
    """Register the pack and post a recording to be analyzed with it."""
    PostgresLedger(database).register_pack(PACK)
    request = AnalysisRequest(PACK.name, lane, segment_s)
    return create_recording(database, new_recording(duration_s, place), request)


def job(analysis_id: UUID, index: int) -> SegmentJob:
    return SegmentJob(analysis_id, index, Lane.EXPRESS)


def start(ledger: PostgresLedger, analysis_id: UUID, index: int) -> SegmentWork:
    work = ledger.start_segment(job(analysis_id, index), "worker-1")
    assert work is not None
    return work


def _lost_at_the_end(segment: Segment, analyzed_s: float | None) -> tuple[LostStretch, ...]:
    if analyzed_s is None:
        return ()
    rest = LostStretch(segment.start_s + analyzed_s, segment.end_s, "the file ends early")
    return clip_lost([rest], segment.start_s, segment.end_s)


def timeline_of(
    work: SegmentWork,
    songs: Sequence[tuple[Taxon, float, float, float]] = (),
    *,
    analyzed_s: float | None = None,
    pack: PackFacts = PACK,
) -> SegmentTimeline:
    """What a model would find of songs (taxon, onset_s, offset_s, score), in seconds of the recording."""
    segment, grid = work.segment, pack.grid
    windows, frames = grid.windows(segment.start_s, segment.end_s), grid.frames(segment.start_s, segment.end_s)
    rows = []
    for taxon in {song[0] for song in songs}:
        window_scores = _scores(windows, grid.window_s, taxon, songs)
        frame_scores = _scores(frames, grid.frame_s or 1.0, taxon, songs)
        peak = float(max([*window_scores, *frame_scores], default=0.0))
        if peak >= work.settings.floor:
            steps: NDArray[np.uint16] = quantize_scores(frame_scores)
            rows.append(TaxonRow(taxon, window_scores, steps, peak))
    return SegmentTimeline(
        segment=segment,
        first_window=windows.start,
        n_windows=len(windows),
        first_frame=frames.start,
        n_frames=len(frames),
        rows=tuple(rows),
        analyzed_s=segment.duration_s if analyzed_s is None else analyzed_s,
        lost=_lost_at_the_end(segment, analyzed_s),
    )


def _scores(steps: range, step_s: float, taxon: Taxon, songs: Sequence[tuple[Taxon, float, float, float]]) -> Scores:
    begins_s = np.arange(steps.start, steps.stop) * step_s
    scores = np.zeros(len(steps), np.float32)
    for who, onset_s, offset_s, score in songs:
        if who == taxon:
            heard = (begins_s < offset_s) & (begins_s + step_s > onset_s)
            scores[heard] = np.maximum(scores[heard], np.float32(score))
    return scores


def save(
    ledger: PostgresLedger,
    analysis_id: UUID,
    index: int,
    songs: Sequence[tuple[Taxon, float, float, float]] = (),
    *,
    analyzed_s: float | None = None,
) -> SegmentWork:
    """Do a segment from start to end."""
    work = start(ledger, analysis_id, index)
    ledger.save_timeline(work, timeline_of(work, songs, analyzed_s=analyzed_s), FACTS)
    return work
