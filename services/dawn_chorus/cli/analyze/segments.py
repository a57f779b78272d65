"""Analyzes the segments of recordings as the worker does, but without queue and database.

The segments of all files go through one thread pool in order, a few ahead of the reader. So all cores are busy with one
long file as with many short ones, and memory use does not grow with either.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field

from dawn_chorus.cli.analyze.location import Location, Locator
from dawn_chorus.cli.sources import Source
from dawn_chorus.domain.analysis import Channels, Segment, channels_to_score, plan_segments
from dawn_chorus.domain.errors import ChorusError
from dawn_chorus.domain.lost_audio import LostStretch, NothingHeard
from dawn_chorus.inference.decoders.pool import DecoderPool
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.pipeline import SegmentResult, analyze_segment, load_segment
from dawn_chorus.inference.waveforms.loading import LoadedAudio

SEGMENT_S = 300.0


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that can be decoded, with its true length."""

    source: Source
    duration_s: float
    sample_rate_hz: int
    location: Location = field(default_factory=Location)
    channels: int = 1


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that cannot be analyzed, and why."""

    source: Source
    reason: str


@dataclass(frozen=True, slots=True)
class AnalyzedSegment:
    """One segment of a file."""

    file: OpenedFile
    segment: Segment
    result: SegmentResult | None
    """None: all of it is lost."""
    lost: tuple[LostStretch, ...]


Step = OpenedFile | RefusedFile | AnalyzedSegment


@dataclass(frozen=True, slots=True)
class LocalAnalyzer:
    """Analyzes segments; safe to use from many threads."""

    ensemble: Ensemble
    decoders: DecoderPool
    floor: float
    """Taxa whose peak within a segment stays below this make no events."""
    locator: Locator
    """Says where and when each recording was made."""
    channels: Channels = "mix"
    """Which channels of the recordings are scored."""

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
            location = self.locator.locate(source, facts)
            channels_to_score(self.channels, facts.channels)
        except ChorusError as error:
            return RefusedFile(source, str(error))
        length_s = max(facts.duration_s, length_s)
        return OpenedFile(source, length_s, facts.sample_rate_hz, location, facts.channels)

    def _analyze(self, file: OpenedFile, segment: Segment) -> AnalyzedSegment:
        try:
            first, *others = channels_to_score(self.channels, file.channels)
            loaded = (self._load(file, segment, channel, measured=False) for channel in others)
            result = analyze_segment(
                self.ensemble,
                self._load(file, segment, first),
                segment,
                duration_s=file.duration_s,
                floor=self.floor,
                present=file.location.present,
                next_channels=loaded if self.channels == "each" else None,
            )
        except NothingHeard as error:
            return AnalyzedSegment(file, segment, None, error.lost)
        except ChorusError as error:
            lost = LostStretch(segment.start_s, segment.end_s, str(error))
            return AnalyzedSegment(file, segment, None, (lost,))
        return AnalyzedSegment(file, segment, result, result.timeline.lost)

    def _load(self, file: OpenedFile, segment: Segment, channel: int | None, *, measured: bool = True) -> LoadedAudio:
        path, duration_s = file.source.path, file.duration_s
        return load_segment(
            self.decoders, path, segment, self.ensemble, duration_s=duration_s, channel=channel, measured=measured
        )


def _as_result(step: Step) -> Callable[[], Step]:
    return lambda: step
