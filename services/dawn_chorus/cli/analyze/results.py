"""Combines the segments of one file: events over all of them, window scores, and lost audio."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dawn_chorus.cli.analyze.json_document import WindowSpool
from dawn_chorus.cli.analyze.segments import AnalyzedSegment, OpenedFile
from dawn_chorus.domain.analysis import Channels
from dawn_chorus.domain.detections import cut_taxon
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.lost_audio import LostStretch, clip_lost, describe_lost
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import (
    ChannelNumbers,
    Detection,
    Grid,
    SegmentTimeline,
    Spreads,
    Steps,
    quantize_scores,
)
from dawn_chorus.domain.warnings import AnalysisWarning, join_codes, merge_warnings


class EventCutter:
    """Collects a file's segments and cuts events over all of them, as the service does after the last segment."""

    def __init__(self, grid: Grid, rules: EventRules, channels: Channels = "mix") -> None:
        self._grid, self._rules, self._channels = grid, rules, channels
        self._analyzed: list[range] = []
        """The frames (or windows if the pack has no frames) of each analyzed segment."""
        self._steps: dict[Taxon, dict[int, Steps]] = {}
        """By taxon, then by index in `_analyzed`; likewise the channels that they come from, and the spreads."""
        self._sources: dict[Taxon, dict[int, ChannelNumbers]] = {}
        self._spreads: dict[Taxon, dict[int, Spreads]] = {}

    def add(self, timeline: SegmentTimeline) -> None:
        framewise = self._grid.frame_s is not None
        first = timeline.first_frame if framewise else timeline.first_window
        count = timeline.n_frames if framewise else timeline.n_windows
        frames = range(first, first + count)
        for row in timeline.rows:
            steps = row.frame_steps if framewise else quantize_scores(row.window_scores)
            self._steps.setdefault(row.taxon, {})[len(self._analyzed)] = steps
            channels = row.frame_channels if framewise else row.window_channels
            if channels is not None:
                self._sources.setdefault(row.taxon, {})[len(self._analyzed)] = channels
            if row.window_spread is not None:
                spread = self._grid.spread_of_events(row.window_spread, timeline.first_window, frames)
                self._spreads.setdefault(row.taxon, {})[len(self._analyzed)] = spread
        self._analyzed.append(frames)

    def detections(self, duration_s: float) -> list[Detection]:
        """Return the events of all taxa, sorted by onset."""
        found = [event for taxon in self._steps for event in self._events(taxon, duration_s)]
        return sorted(found, key=lambda event: (event.onset_s, event.taxon.code))

    def _events(self, taxon: Taxon, duration_s: float) -> list[Detection]:
        rule, step_s = self._rules.of(taxon.code), self._grid.event_step_s
        channels = self._channels if isinstance(self._channels, int) else self._sources.get(taxon)
        return cut_taxon(
            taxon,
            self._analyzed,
            self._steps[taxon],
            rule,
            step_s=step_s,
            end_s=duration_s,
            channels=channels,
            spreads=self._spreads.get(taxon),
        )


@dataclass(slots=True)
class FileResult:
    """The results of one file so far."""

    file: OpenedFile
    cutter: EventCutter
    windows: WindowSpool | None
    """None: the output format has no window scores."""
    lost: list[LostStretch] = field(default_factory=list)
    analyzed_segments: int = 0
    found_warnings: list[AnalysisWarning] = field(default_factory=list)
    """Segment by segment."""

    @property
    def warnings(self) -> tuple[AnalysisWarning, ...]:
        return merge_warnings(self.found_warnings)

    def add(self, segment: AnalyzedSegment) -> None:
        self.lost += segment.lost
        if segment.result is None:
            return
        self.analyzed_segments += 1
        self.found_warnings += segment.result.timeline.warnings
        self.cutter.add(segment.result.timeline)
        if self.windows is not None:
            self.windows.add(segment.result.scores.first_window, segment.result.scores.window_scores)

    def detections(self) -> list[Detection]:
        return self.cutter.detections(self.file.duration_s)

    def findings(self, pack: str) -> Iterator[Finding]:
        shown, place, codes = self.file.source.shown, self.file.location.place, join_codes(self.warnings)
        source = Source(
            shown,
            self.file.sample_rate_hz,
            place.recorded_at,
            pack=pack,
            site=place.site,
            warnings=codes,
            latitude=place.latitude,
            longitude=place.longitude,
        )
        return (Finding(detection, source) for detection in self.detections())

    def describe_lost(self) -> str | None:
        """Return what is lost in the service's words, stretches joined across segments; None: nothing."""
        return describe_lost(clip_lost(self.lost, 0.0, self.file.duration_s))

    def close(self) -> None:
        if self.windows is not None:
            self.windows.close()
