"""Analyzes the segments of recordings as the worker does, but without queue and database.

The segments of all files go through one thread pool in order, a few ahead of the reader. So all cores are busy with one
long file as with many short ones, and memory use does not grow with either.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from dawn_chorus.cli.sources import Source
from dawn_chorus.domain.analysis import Segment, plan_segments
from dawn_chorus.domain.errors import ChorusError
from dawn_chorus.domain.timeline import Scores, SegmentTimeline
from dawn_chorus.inference.decoders.pool import DecoderPool
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.pipeline import lost_within, score_segment, to_timeline
from dawn_chorus.inference.waveforms.loading import LoadedAudio, LostStretch

SEGMENT_S = 300.0


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that can be decoded, with its true length."""

    source: Source
    duration_s: float
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that cannot be analyzed, and why."""

    source: Source
    reason: str


@dataclass(frozen=True, slots=True)
class AnalyzedSegment:
    """The scores of one segment; None if all of it is lost."""

    file: OpenedFile
    segment: Segment
    window_scores: Scores | None
    """(n_windows, n_taxa)"""
    timeline: SegmentTimeline | None
    lost: tuple[LostStretch, ...]


Step = OpenedFile | RefusedFile | AnalyzedSegment


@dataclass(frozen=True, slots=True)
class LocalAnalyzer:
    """Analyzes segments; safe to use from many threads."""

    ensemble: Ensemble
    decoders: DecoderPool
    floor: float
    """Taxa whose peak within a segment stays below this make no events."""
    present: frozenset[str] | None = None
    """Codes of the taxa that occur where and when the recordings were made; None: all taxa are kept."""

    def steps(self, sources: Iterable[Source], pool: Executor, ahead: int) -> Iterator[Step]:
        """Yield each file, then its segments, in order; at most `ahead` steps are in progress."""
        waiting: deque[Callable[[], Step]] = deque()
        for plan in self._plans(sources):
            waiting.append(pool.submit(self._analyze, *plan).result if isinstance(plan, tuple) else _as_result(plan))
            while len(waiting) > ahead:
                yield waiting.popleft()()
        while waiting:
            yield waiting.popleft()()

    def _plans(self, sources: Iterable[Source]) -> Iterator[OpenedFile | RefusedFile | tuple[OpenedFile, Segment]]:
        for source in sources:
            file = self._open(source)
            yield file
            if isinstance(file, OpenedFile):
                yield from ((file, segment) for segment in plan_segments(file.duration_s, SEGMENT_S))

    def _open(self, source: Source) -> OpenedFile | RefusedFile:
        """Determine the length as the service does: the longer of declared and true length; missing audio is lost."""
        try:
            facts = self.decoders.probe(source.path)
            length_s = self.decoders.measure_duration_s(source.path)
        except ChorusError as error:
            return RefusedFile(source, str(error))
        return OpenedFile(source, max(facts.duration_s, length_s), facts.sample_rate_hz)

    def _analyze(self, file: OpenedFile, segment: Segment) -> AnalyzedSegment:
        try:
            audio = self._load(file, segment)
            lost_parts = tuple(lost_within(audio.lost, segment))
            if sum(lost.end_s - lost.start_s for lost in lost_parts) >= segment.duration_s - 1e-6:
                # Scoring nothing but silence would be wasted work.
                return AnalyzedSegment(file, segment, None, None, lost_parts)
            scores = score_segment(self.ensemble, audio, segment, duration_s=file.duration_s)
        except ChorusError as error:
            lost = LostStretch(segment.start_s, segment.end_s, str(error))
            return AnalyzedSegment(file, segment, None, None, (lost,))
        timeline = to_timeline(scores, segment, self.ensemble.facts, self.floor)
        return AnalyzedSegment(file, segment, scores.window_scores, self._drop_absent(timeline), scores.lost)

    def _drop_absent(self, timeline: SegmentTimeline) -> SegmentTimeline:
        if self.present is None:
            return timeline
        return replace(timeline, rows=tuple(row for row in timeline.rows if row.taxon.code in self.present))

    def _load(self, file: OpenedFile, segment: Segment) -> LoadedAudio:
        margin_s = self.ensemble.margin_s
        start_s, end_s = segment.start_s - margin_s, segment.end_s + margin_s
        return self.decoders.load(file.source.path, start_s, end_s, self.ensemble.formats, duration_s=file.duration_s)


def _as_result(step: Step) -> Callable[[], Step]:
    return lambda: step
