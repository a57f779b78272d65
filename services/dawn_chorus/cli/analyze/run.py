"""One run of `chorus analyze`: sources → segments → detections → documents or rows, in the order they were named."""

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dawn_chorus.cli.analyze.json_document import WindowSpool, write_document
from dawn_chorus.cli.analyze.progress import watch_steps
from dawn_chorus.cli.analyze.results import EventCutter, FileResult
from dawn_chorus.cli.analyze.segments import AnalyzedSegment, LocalAnalyzer, OpenedFile, RefusedFile, Step
from dawn_chorus.cli.installed_packs import open_pack
from dawn_chorus.cli.output import print_error, say, warn
from dawn_chorus.cli.settings import load_settings
from dawn_chorus.cli.sources import Source, find_sources, targets_of
from dawn_chorus.domain.analysis import AnalysisSettings
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.exports import WRITERS, ExportFormat
from dawn_chorus.domain.recording import Place
from dawn_chorus.inference.decoders.pool import DecoderPool
from dawn_chorus.inference.ensemble import Ensemble

FLOOR = AnalysisSettings().floor
"""As in the service: taxa whose peak within a segment stays below make no events."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What `chorus analyze` was asked for."""

    paths: tuple[Path, ...]
    pack: str | None
    export_format: ExportFormat
    out: Path | None
    resume: bool
    min_score: float
    rule: dict[str, float]
    """What the event rules are to have in place of their own, by the names of `EventRule`."""
    place: Place
    """Where and when the recordings were made, for packs that know what occurs there and then."""
    occurrence_min: float
    workers: int | None
    device: str | None


def run_batch(batch: Batch) -> bool:
    """Analyze everything. Return whether all went well. What did not is told on stderr as it happens."""
    sources = find_sources(batch.paths)
    targets = _targets(batch, sources)
    wanted = [source for source in sources if not (batch.resume and _is_written(targets, source))]
    if len(wanted) < len(sources):
        say(f"{len(sources) - len(wanted)} of {len(sources)} recordings are done already")
    if not sources:
        raise PermanentError(f"no recordings in {', '.join(map(str, batch.paths))}")
    return not wanted or _Run(batch, targets).analyze(wanted)


def _targets(batch: Batch, sources: Iterable[Source]) -> dict[Path, Path]:
    if batch.out is None:
        if batch.resume:
            raise PermanentError("--resume needs --out: what went to stdout cannot be found again")
        return {}
    return targets_of(sources, batch.out, WRITERS[batch.export_format].suffix)


def _is_written(targets: dict[Path, Path], source: Source) -> bool:
    return targets[source.path].exists()


class _Run:
    """One batch under way."""

    def __init__(self, batch: Batch, targets: dict[Path, Path]) -> None:
        self._batch, self._targets = batch, targets
        self._all_well = True

    def analyze(self, sources: list[Source]) -> bool:
        batch = self._batch
        workers = batch.workers or os.cpu_count() or 1
        with ExitStack() as stack:
            loader = stack.enter_context(DecoderPool(processes=workers))
            ensemble = open_pack(batch.pack, workers, load_settings(device=batch.device))
            self._facts = ensemble.facts
            self._rules = _changed_rules(self._facts.rules, batch.rule)
            self._present = _present_taxa(ensemble, batch)
            analyzer = LocalAnalyzer(ensemble, loader, min(FLOOR, self._rules.lowest_threshold), self._present)
            pool = stack.enter_context(ThreadPoolExecutor(workers))
            # Leaving in a hurry (an error, Ctrl-C) must not wait for segments that nobody will read.
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            steps = watch_steps(analyzer.steps(sources, pool, ahead=2 * workers), len(sources))
            self._write(self._results(steps))
        return self._all_well

    def _results(self, steps: Iterable[Step]) -> Iterator[FileResult]:
        """Return each file's result when its last segment is in; tell what was refused or lost."""
        result: FileResult | None = None
        for step in steps:
            match step:
                case RefusedFile():
                    self._refuse(step.source, step.reason)
                case OpenedFile():
                    result = self._begin(step)
                case AnalyzedSegment() if result is not None:
                    result.add(step)
                    if step.segment.end_s >= result.file.duration_s:
                        yield from self._finished(result)

    def _begin(self, file: OpenedFile) -> FileResult:
        wants_windows = self._batch.export_format is ExportFormat.JSON
        windows = WindowSpool(self._facts, self._batch.min_score, self._present) if wants_windows else None
        return FileResult(file, EventCutter(self._facts.grid, self._rules), windows)

    def _finished(self, result: FileResult) -> Iterator[FileResult]:
        source = result.file.source
        if not result.heard_segments:
            self._refuse(source, result.lost[0].reason)
        else:
            self._report_losses(result)
            yield result
        result.close()

    def _refuse(self, source: Source, reason: str) -> None:
        self._all_well = False
        print_error(reason if source.path.name in reason else f"{source.path}: {reason}")

    def _report_losses(self, result: FileResult) -> None:
        for loss in result.describe_losses():
            self._all_well = False
            warn(f"{result.file.source.path}: lost {loss}")

    def _write(self, results: Iterator[FileResult]) -> None:
        if self._targets:
            for result in results:
                with _whole_file(self._targets[result.file.source.path]) as out:
                    self._write_one(result, out)
        elif self._batch.export_format is ExportFormat.JSON:
            for result in results:
                self._write_one(result, sys.stdout)
                sys.stdout.flush()
        else:
            findings = (finding for result in results for finding in result.findings(self._facts.name))
            sys.stdout.writelines(WRITERS[self._batch.export_format].lines(findings))

    def _write_one(self, result: FileResult, out: TextIO) -> None:
        if result.windows is not None:
            write_document(
                out, result.file, self._facts, result.windows, detections=result.detections(), lost=result.lost
            )
        else:
            out.writelines(WRITERS[self._batch.export_format].lines(result.findings(self._facts.name)))


def _present_taxa(ensemble: Ensemble, batch: Batch) -> frozenset[str] | None:
    """Return the codes of the taxa that occur there and then; None where the place was not told: all may."""
    place = batch.place
    if place.latitude is None and place.longitude is None and place.recorded_at is None:
        return None
    if place.latitude is None or place.longitude is None:
        raise PermanentError("a place is a --latitude and a --longitude: give both")
    return ensemble.present_taxa(place.latitude, place.longitude, place.recorded_at, batch.occurrence_min)


def _changed_rules(rules: EventRules, changes: dict[str, float]) -> EventRules:
    try:
        return rules.changed(**changes)
    except ValueError as error:
        raise PermanentError(f"{error}: lower the one or raise the other") from error


@contextmanager
def _whole_file(target: Path) -> Iterator[TextIO]:
    """Open a file that appears only when it is complete, so that --resume can trust what is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            yield out
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
