"""Runs `chorus analyze`: sources → segments → detections → documents or rows, in the order of the sources."""

import io
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from dawn_chorus.adapters.available_cores import count_available_cores
from dawn_chorus.cli.analyze.batch import Batch
from dawn_chorus.cli.analyze.json_document import WindowSpool, write_document
from dawn_chorus.cli.analyze.location import Locator
from dawn_chorus.cli.analyze.plan import open_files, settings_of, with_target, without_result
from dawn_chorus.cli.analyze.progress import watch_steps
from dawn_chorus.cli.analyze.result_files import Making, ResultFiles, describe_making
from dawn_chorus.cli.analyze.results import EventCutter, FileResult
from dawn_chorus.cli.analyze.segments import AnalyzedSegment, LocalAnalyzer, OpenedFile, RefusedFile, Step
from dawn_chorus.cli.installed_packs import open_pack
from dawn_chorus.cli.output import print_error, print_note, print_warning
from dawn_chorus.cli.place.report import report_without_time
from dawn_chorus.cli.place.sites import Places, plan_places
from dawn_chorus.cli.settings import load_settings
from dawn_chorus.cli.sources import Source, find_sources, report_passed_over
from dawn_chorus.domain.analysis import AnalysisSettings
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.exports.formats import WRITERS, ExportFormat
from dawn_chorus.domain.exports.tables import with_byte_order_mark
from dawn_chorus.domain.names import displayed
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.warnings import describe_warning
from dawn_chorus.inference.decoders.pool import DecoderPool

FLOOR = AnalysisSettings().floor
"""Taxa whose peak within a segment is below this make no events; the same value as in the service."""


def run_batch(batch: Batch) -> bool:
    """Analyze all recordings. Return whether all succeeded; failures are reported on stderr as they happen."""
    found = find_sources(batch.paths)
    none_missed = report_passed_over(found)
    if not found.sources:
        raise PermanentError(f"no recordings in {', '.join(map(displayed, batch.paths))}")
    places = plan_places(batch.place, batch.sites, batch.paths, found.sources)
    files = open_files(batch, found.sources)
    writable = with_target(found.sources, files)
    to_analyze = without_result(writable, files, batch, places) if files and batch.resume else writable
    all_well = not to_analyze or _Run(batch, files, places).analyze(to_analyze)
    return all_well and none_missed and len(writable) == len(found.sources)


class _Run:
    """One run of a batch."""

    def __init__(self, batch: Batch, files: ResultFiles | None, places: Places) -> None:
        self._batch, self._files, self._places = batch, files, places
        self._all_well = True
        self._without_time: list[tuple[str, str]] = []
        """Recordings whose clock says too little, and why."""
        self._making: dict[Path, Making] = {}
        """How the results of the recordings that were opened are made."""

    def analyze(self, sources: list[Source]) -> bool:
        batch = self._batch
        workers = batch.workers or count_available_cores()
        with ExitStack() as stack:
            decoders = stack.enter_context(DecoderPool(processes=workers))
            if decoders.lacking:
                print_note(f"this system has no {' and no '.join(decoders.lacking)}: decoders are held with less")
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
            steps = watch_steps(analyzer.steps(self._described(sources), pool, ahead=2 * workers), len(sources))
            self._write(self._results(steps))
            report_without_time(self._without_time)
        return self._all_well

    def _described(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Yield the sources; look at each just before it is opened: a change after that makes its result old."""
        for source in sources:
            settings = settings_of(self._batch, self._places.of(source))
            self._making[source.path] = describe_making(self._facts.name, self._facts.version, settings, source.path)
            yield source

    def _results(self, steps: Iterable[Step]) -> Iterator[FileResult]:
        """Yield each file's result after its last segment; report refused files and lost audio."""
        result: FileResult | None = None
        for step in steps:
            match step:
                case RefusedFile():
                    del self._making[step.source.path]
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
        del self._making[source.path]
        result.close()

    def _refuse(self, source: Source, reason: str) -> None:
        self._all_well = False
        print_error(reason if displayed(source.path.name) in reason else f"{source.shown}: {reason}")

    def _report_lost(self, result: FileResult) -> None:
        if lost := result.describe_lost():
            self._all_well = False
            print_warning(f"{result.file.source.shown}: {lost}")

    def _write(self, results: Iterator[FileResult]) -> None:
        if self._files:
            for result in results:
                self._write_file(result, self._files)
            return
        try:
            self._print(results)
        except OSError as error:
            raise PermanentError(f"standard output: {error.strerror}") from error

    def _print(self, results: Iterator[FileResult]) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Documents and tables are UTF-8 wherever they go; a name must not end the batch in another locale.
            sys.stdout.reconfigure(encoding="utf-8")
        if self._batch.export_format is ExportFormat.JSON:
            for result in results:
                self._write_one(result, sys.stdout)
                sys.stdout.flush()
        else:
            sys.stdout.writelines(self._rows(self._run_on(results)))
            sys.stdout.flush()

    def _run_on(self, results: Iterable[FileResult]) -> Iterator[Finding]:
        """Yield all findings; each recording begins where the one before it ends."""
        begins_s = 0.0
        for result in results:
            for finding in result.findings(self._facts.name):
                yield replace(finding, source=replace(finding.source, begins_s=begins_s))
            begins_s = round_s(begins_s + result.file.duration_s)

    def _write_file(self, result: FileResult, files: ResultFiles) -> None:
        source = result.file.source
        try:
            with files.write(source.path, self._made(result)) as out:
                self._write_one(result, out)
        except OSError as error:
            self._all_well = False
            print_error(f"{displayed(files.target_of(source.path))}: {error.strerror or error}")

    def _made(self, result: FileResult) -> Making:
        return {**self._making[result.file.source.path], "result": "partial" if result.lost else "succeeded"}

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
                made=self._made(result),
            )
        else:
            out.writelines(self._rows(result.findings(self._facts.name)))

    def _rows(self, findings: Iterator[Finding]) -> Iterator[str]:
        lines = WRITERS[self._batch.export_format](findings)
        return with_byte_order_mark(lines) if self._batch.bom else lines


def _override_rules(rules: EventRules, overrides: dict[str, float]) -> EventRules:
    try:
        return rules.changed(**overrides)
    except ValueError as error:
        raise PermanentError(f"{error}: lower the one or raise the other") from error
