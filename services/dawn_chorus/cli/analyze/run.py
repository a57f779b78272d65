"""Runs `chorus analyze`: sources → segments → detections → documents or rows, in the order of the sources."""

import io
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

from dawn_chorus.adapters.available_cores import count_available_cores
from dawn_chorus.cli.analyze.json_document import WindowSpool, write_document
from dawn_chorus.cli.analyze.location import Locator
from dawn_chorus.cli.analyze.progress import watch_steps
from dawn_chorus.cli.analyze.results import EventCutter, FileResult
from dawn_chorus.cli.analyze.segments import AnalyzedSegment, LocalAnalyzer, OpenedFile, RefusedFile, Step
from dawn_chorus.cli.installed_packs import open_pack
from dawn_chorus.cli.output import print_error, print_note, print_warning
from dawn_chorus.cli.place.options import PlaceOptions
from dawn_chorus.cli.place.report import report_without_time
from dawn_chorus.cli.place.sites import Places, plan_places
from dawn_chorus.cli.settings import load_settings
from dawn_chorus.cli.sources import Source, find_sources, report_passed_over, targets_of
from dawn_chorus.domain.analysis import AnalysisSettings, Channels
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.exports import WRITERS, ExportFormat, Finding
from dawn_chorus.domain.names import displayed
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.warnings import describe_warning
from dawn_chorus.inference.decoders.pool import DecoderPool

FLOOR = AnalysisSettings().floor
"""Taxa whose peak within a segment is below this make no events; the same value as in the service."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The parameters of one `chorus analyze`."""

    paths: tuple[Path, ...]
    pack: str | None
    export_format: ExportFormat
    out: Path | None
    resume: bool
    min_score: float
    rule_overrides: dict[str, float]
    """Values that replace those of the pack's event rules, by the names of the fields of `EventRule`."""
    place: PlaceOptions
    """Where and when the recordings were made, unless they say so themselves."""
    sites: Path | None
    """sites.csv, for a card that holds many recorders."""
    date: datetime | None
    """The day to look up occurrence for, in place of each recording's own."""
    occurrence_min: float
    workers: int | None
    device: str | None
    channels: Channels = "mix"


def run_batch(batch: Batch) -> bool:
    """Analyze all recordings. Return whether all succeeded; failures are reported on stderr as they happen."""
    found = find_sources(batch.paths)
    none_missed = report_passed_over(found)
    sources = found.sources
    targets = _targets(batch, sources)
    to_analyze = [source for source in sources if not (batch.resume and targets[source.path].exists())]
    if len(to_analyze) < len(sources):
        print_note(f"{len(sources) - len(to_analyze)} of {len(sources)} recordings already have a result")
    if not sources:
        raise PermanentError(f"no recordings in {', '.join(map(displayed, batch.paths))}")
    places = plan_places(batch.place, batch.sites, batch.paths, sources)
    all_well = not to_analyze or _Run(batch, targets, places).analyze(to_analyze)
    return all_well and none_missed


def _targets(batch: Batch, sources: Iterable[Source]) -> dict[Path, Path]:
    if batch.out is None:
        if batch.resume:
            raise PermanentError("--resume needs --out: results printed to stdout cannot be found again")
        if batch.export_format is ExportFormat.AUDACITY and len(list(sources)) > 1:
            raise PermanentError("labels of Audacity do not name their recording: give --out for one file each")
        return {}
    writer = WRITERS[batch.export_format]
    return targets_of(sources, batch.out, writer.suffix, keeps_suffix=writer.keeps_suffix)


class _Run:
    """One run of a batch."""

    def __init__(self, batch: Batch, targets: dict[Path, Path], places: Places) -> None:
        self._batch, self._targets, self._places = batch, targets, places
        self._all_well = True
        self._without_time: list[tuple[str, str]] = []
        """Recordings whose clock says too little, and why."""

    def analyze(self, sources: list[Source]) -> bool:
        batch = self._batch
        workers = batch.workers or count_available_cores()
        with ExitStack() as stack:
            decoders = stack.enter_context(DecoderPool(processes=workers))
            ensemble = open_pack(batch.pack, workers, load_settings(device=batch.device))
            self._facts = ensemble.facts
            self._rules = _override_rules(self._facts.rules, batch.rule_overrides)
            locator = Locator(self._places, ensemble, batch.occurrence_min, batch.date)
            locator.check()
            floor = min(FLOOR, self._rules.lowest_threshold)
            analyzer = LocalAnalyzer(ensemble, decoders, floor, locator, batch.channels)
            pool = stack.enter_context(ThreadPoolExecutor(workers))
            # On an error or Ctrl-C, do not wait for segments whose results nobody will read.
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            steps = watch_steps(analyzer.steps(sources, pool, ahead=2 * workers), len(sources))
            self._write(self._results(steps))
            report_without_time(self._without_time)
        return self._all_well

    def _results(self, steps: Iterable[Step]) -> Iterator[FileResult]:
        """Yield each file's result after its last segment; report refused files and lost audio."""
        result: FileResult | None = None
        for step in steps:
            match step:
                case RefusedFile():
                    self._refuse(step.source, step.reason)
                case OpenedFile():
                    result = self._start_file(step)
                case AnalyzedSegment() if result is not None:
                    result.add(step)
                    if step.segment.end_s >= result.file.duration_s:
                        yield from self._finish_file(result)

    def _start_file(self, file: OpenedFile) -> FileResult:
        if (start := file.location.start) is not None and start.is_unclear:
            self._without_time.append((file.source.shown, start.reason))
        wants_windows = self._batch.export_format is ExportFormat.JSON
        windows = WindowSpool(self._facts, self._batch.min_score, file.location.present) if wants_windows else None
        return FileResult(file, EventCutter(self._facts.grid, self._rules, self._batch.channels), windows)

    def _finish_file(self, result: FileResult) -> Iterator[FileResult]:
        source = result.file.source
        if not result.analyzed_segments:
            self._refuse(source, result.lost[0].reason)
        else:
            self._report_lost(result)
            for warning in result.warnings:
                print_warning(f"{source.shown}: {describe_warning(warning)}")
            yield result
        result.close()

    def _refuse(self, source: Source, reason: str) -> None:
        self._all_well = False
        print_error(reason if displayed(source.path.name) in reason else f"{source.shown}: {reason}")

    def _report_lost(self, result: FileResult) -> None:
        if lost := result.describe_lost():
            self._all_well = False
            print_warning(f"{result.file.source.shown}: {lost}")

    def _write(self, results: Iterator[FileResult]) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Documents and tables are UTF-8 wherever they go; a name must not end the batch in another locale.
            sys.stdout.reconfigure(encoding="utf-8")
        if self._targets:
            for result in results:
                with _complete_file(self._targets[result.file.source.path]) as out:
                    self._write_one(result, out)
        elif self._batch.export_format is ExportFormat.JSON:
            for result in results:
                self._write_one(result, sys.stdout)
                sys.stdout.flush()
        else:
            sys.stdout.writelines(WRITERS[self._batch.export_format].lines(self._run_on(results)))

    def _run_on(self, results: Iterable[FileResult]) -> Iterator[Finding]:
        """Yield all findings; each recording begins where the one before it ends."""
        begins_s = 0.0
        for result in results:
            for finding in result.findings(self._facts.name):
                yield replace(finding, source=replace(finding.source, begins_s=begins_s))
            begins_s = round_s(begins_s + result.file.duration_s)

    def _write_one(self, result: FileResult, out: TextIO) -> None:
        if result.windows is not None:
            write_document(
                out,
                result.file,
                self._facts,
                result.windows,
                detections=result.detections(),
                lost=result.lost,
                warnings=result.warnings,
            )
        else:
            out.writelines(WRITERS[self._batch.export_format].lines(result.findings(self._facts.name)))


def _override_rules(rules: EventRules, overrides: dict[str, float]) -> EventRules:
    try:
        return rules.changed(**overrides)
    except ValueError as error:
        raise PermanentError(f"{error}: lower the one or raise the other") from error


@contextmanager
def _complete_file(target: Path) -> Iterator[TextIO]:
    """Yield a file that appears under its name only when it is complete, so that --resume can rely on it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            yield out
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
