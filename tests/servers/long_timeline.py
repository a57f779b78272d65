"""A long recording with many taxa, made up and saved segment by segment as a worker saves it."""

import numpy as np
from numpy.random import Generator

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, StoredRecording
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.jobs import Lane, SegmentWork, WorkerFacts
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Grid, Scores, SegmentTimeline, TaxonRow, quantize_scores
from tests.servers.postgres_fill import job, new_recording, start

SONGS_A_SEGMENT = 3
GRID = Grid(window_s=5.0, frame_s=0.5)


def chorus_pack(n_taxa: int) -> PackFacts:
    taxa = tuple(Taxon(f"taxon{i}", f"Genus species{i}", f"Bird {i}", "Aves") for i in range(n_taxa))
    return PackFacts("chorus", f"1.0.{n_taxa}", "CC0-1.0", "nobody", "c" * 64, GRID, EventRules(EventRule(), {}), taxa)


def post_long(database: Database, hours: float, n_taxa: int) -> StoredRecording:
    """Post a recording that is to be analyzed with a pack of this many taxa, all of which sing."""
    PostgresLedger(database).register_pack(chorus_pack(n_taxa))
    request = AnalysisRequest("chorus", Lane.BULK, 300.0)
    return create_recording(database, new_recording(hours * 3600.0), request)


def save_segments(database: Database, recording: StoredRecording, n_taxa: int, indexes: range | None = None) -> None:
    """Do these segments (None: all) from start to end: songs over noise, other ones in each segment."""
    analysis, pack, ledger = recording.analyses[0], chorus_pack(n_taxa), PostgresLedger(database)
    for index in indexes or range(analysis.segments_total):
        work = start(ledger, analysis.id, index)
        facts = WorkerFacts("worker-1", "CPUExecutionProvider", pack.version, {"decode": 0.1})
        ledger.save_timeline(work, _timeline(work, pack, np.random.default_rng(index)), facts)


def end_partial(database: Database, recording: StoredRecording, n_taxa: int) -> None:
    """Do all segments but the last, which fails: the analysis has results, and can be retried."""
    analysis = recording.analyses[0]
    last = analysis.segments_total - 1
    save_segments(database, recording, n_taxa, range(last))
    start(PostgresLedger(database), analysis.id, last)
    PostgresLedger(database).fail_segment(job(analysis.id, last), "the decoder crashed")


def _timeline(work: SegmentWork, pack: PackFacts, rng: Generator) -> SegmentTimeline:
    segment = work.segment
    windows, frames = GRID.windows(segment.start_s, segment.end_s), GRID.frames(segment.start_s, segment.end_s)
    rows = []
    for taxon in pack.taxa:
        scores = _songs(rng, len(frames))
        window_scores = np.maximum.reduceat(scores, np.arange(0, len(frames), 10)[: len(windows)])
        rows.append(TaxonRow(taxon, window_scores, quantize_scores(scores), float(scores.max())))
    return SegmentTimeline(
        segment, windows.start, len(windows), frames.start, len(frames), tuple(rows), analyzed_s=segment.duration_s
    )


def _songs(rng: Generator, n_frames: int) -> Scores:
    scores = rng.random(n_frames, np.float32) * np.float32(0.2)
    for begin in rng.integers(0, n_frames - 10, SONGS_A_SEGMENT).tolist():
        scores[begin : begin + 8] = 0.5 + rng.random(8, np.float32) / 2
    return scores
