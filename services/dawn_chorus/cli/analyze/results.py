"""What one file's segments add up to: events over all of them, window scores, and what was lost."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dawn_chorus.cli.analyze.json_document import WindowSpool
from dawn_chorus.cli.analyze.segments import AnalyzedSegment, OpenedFile
from dawn_chorus.domain import exports
from dawn_chorus.domain.detections import bridge_silence, detect_events, join_runs
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.exports import Finding
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection, Grid, Scores, SegmentTimeline, dequantize_scores
from dawn_chorus.inference.waveforms.loading import LostStretch


class EventCutter:
    """Collects a file's segments and cuts events over all of them, as the service does when the last one lands."""

    def __init__(self, grid: Grid, rules: EventRules) -> None:
        self._grid, self._rules = grid, rules
        self._heard: list[range] = []
        self._scores: dict[Taxon, dict[int, Scores]] = {}
        """By taxon, then by position in what was heard."""

    def add(self, timeline: SegmentTimeline) -> None:
        framewise = self._grid.frame_s is not None
        first = timeline.first_frame if framewise else timeline.first_window
        count = timeline.n_frames if framewise else timeline.n_windows
        for row in timeline.rows:
            scores = dequantize_scores(row.frame_steps) if framewise else row.window_scores
            self._scores.setdefault(row.taxon, {})[len(self._heard)] = scores
        self._heard.append(range(first, first + count))

    def detections(self, duration_s: float) -> list[Detection]:
        """Cut the events, by onset."""
        found = [event for taxon in self._scores for event in self._events(taxon, duration_s)]
        return sorted(found, key=lambda event: (event.onset_s, event.taxon.code))

    def _events(self, taxon: Taxon, duration_s: float) -> list[Detection]:
        runs = join_runs(bridge_silence(self._heard, self._scores[taxon]))
        rule = self._rules.of(taxon.code)
        return detect_events(taxon, runs, rule, step_s=self._grid.event_step_s, end_s=duration_s)


@dataclass(slots=True)
class FileResult:
    """What was found in one file so far."""

    file: OpenedFile
    cutter: EventCutter
    windows: WindowSpool | None
    """None: nobody asked for window scores."""
    lost: list[LostStretch] = field(default_factory=list)
    heard_segments: int = 0

    def add(self, heard: AnalyzedSegment) -> None:
        self.lost += heard.lost
        if heard.timeline is None or heard.window_scores is None:
            return
        self.heard_segments += 1
        self.cutter.add(heard.timeline)
        if self.windows is not None:
            self.windows.add(heard.timeline.first_window, heard.window_scores)

    def detections(self) -> list[Detection]:
        return self.cutter.detections(self.file.duration_s)

    def findings(self, pack: str) -> Iterator[Finding]:
        source = exports.Source(str(self.file.source.path), self.file.sample_rate_hz, pack=pack)
        return (Finding(detection, source) for detection in self.detections())

    def describe_losses(self) -> Iterator[str]:
        """Return one line for each reason: of a damaged file thousands of stretches may be lost."""
        for reason in dict.fromkeys(stretch.reason for stretch in self.lost):
            stretches = [stretch for stretch in self.lost if stretch.reason == reason]
            start_s, end_s = stretches[0].start_s, stretches[-1].end_s
            lost_s = sum(stretch.end_s - stretch.start_s for stretch in stretches)
            parts = (
                ""
                if lost_s >= end_s - start_s - 1e-6
                else f"{round(lost_s, 3):.12g} s in {len(stretches)} stretches from "
            )
            yield f"{parts}{round(start_s, 3):.12g} s to {round(end_s, 3):.12g} s: {reason}"

    def close(self) -> None:
        if self.windows is not None:
            self.windows.close()
