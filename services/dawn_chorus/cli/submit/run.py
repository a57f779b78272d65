"""Runs `chorus submit`: files → outcomes, several at once; prints, reports, and stops when it is told to."""

import queue
import signal
import threading
import time
from typing import TYPE_CHECKING

import typer

from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.cli.client.resumable import ResumableClient
from dawn_chorus.cli.client.views import follow
from dawn_chorus.cli.output import print_error, print_note, show_json
from dawn_chorus.cli.place.sites import plan_places
from dawn_chorus.cli.sources import Source, find_sources, report_passed_over
from dawn_chorus.cli.submit.interrupts import Interrupts
from dawn_chorus.cli.submit.known import Catalog
from dawn_chorus.cli.submit.location import Locator, open_locator
from dawn_chorus.cli.submit.options import SubmitOptions
from dawn_chorus.cli.submit.outcomes import Outcome
from dawn_chorus.cli.submit.patience import Patience
from dawn_chorus.cli.submit.pieces.remembered import Remembered
from dawn_chorus.cli.submit.pieces.transfer import ResumableSender
from dawn_chorus.cli.submit.progress import Totals, open_display
from dawn_chorus.cli.submit.report import Report, open_report
from dawn_chorus.cli.submit.summary import note_unfiltered, print_stop, print_summary
from dawn_chorus.cli.submit.upload import Uploader
from dawn_chorus.cli.submit.waiting import Waiting
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.names import displayed

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import ServiceClient

_TICK_S = 0.25
_GRACE_S = 10.0
"""After a signal, uploads that are sent to the last byte may have their answer for so long."""


def run_submission(client: "ServiceClient", options: SubmitOptions) -> int:
    """Bring all files to the service. Return the exit code; failures are reported on stderr as they happen."""
    found = find_sources(options.paths)
    nothing_left_out = report_passed_over(found)
    sources = found.sources
    if not sources:
        raise PermanentError(f"no recordings in {', '.join(map(displayed, options.paths))}")
    places = plan_places(options.place, options.sites, options.paths, sources)
    with open_report(options.report) as report, open_locator(places) as locator:
        return _Run(client, options, sources, locator, report).run() or int(not nothing_left_out)


class _Run:
    """One run."""

    def __init__(
        self,
        client: "ServiceClient",
        options: SubmitOptions,
        sources: tuple[Source, ...],
        locator: Locator,
        report: Report | None,
    ) -> None:
        self._options, self._sources, self._report = options, sources, report
        self._interrupts = Interrupts()
        self._stopping = self._interrupts.stopping
        self._waiting = Waiting(options.patience_s)
        self._patience = Patience(options.patience_s, self._stopping, self._waiting.note)
        self._totals = Totals(len(sources), sum(map(_size_bytes, sources)))
        self._catalog = Catalog(client, options.analysis)
        self._client = client
        resumable = ResumableClient(client)
        remembered = Remembered(options.state_dir / "uploads", client.url)
        self._resumable = ResumableSender(resumable, self._patience, remembered, self._stopping)
        self._uploader = Uploader(
            client, self._catalog, locator, self._patience, self._totals, self._stopping, self._resumable
        )
        self._todo: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[tuple[int, Outcome | BaseException]] = queue.SimpleQueue()
        self._outcomes: dict[int, Outcome] = {}
        self._printed = 0

    def run(self) -> int:
        for number in range(len(self._sources)):
            self._todo.put(number)
        with self._interrupts.heeded():
            threads = [
                threading.Thread(target=self._work, daemon=True)
                for _ in range(min(self._options.jobs, len(self._sources)))
            ]
            for thread in threads:
                thread.start()
            try:
                error = self._watch(threads)
            except BaseException:
                # The report cannot be written, say: the threads must not go on sending.
                self._stopping.set()
                raise
        self._print_ids(all_of_them=True)
        return self._finish(error)

    def _work(self) -> None:
        """Bring files until none is left; the first error that no file can pass ends all threads."""
        number = -1
        try:
            while not self._stopping.is_set():
                number = self._todo.get_nowait()
                source = self._sources[number]
                self._ended.put((number, self._uploader.bring(source)))
        except queue.Empty:
            return
        except Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - raised in the main thread
            self._stopping.set()
            self._ended.put((number, error))

    def _watch(self, threads: list[threading.Thread]) -> BaseException | None:
        """Take what the threads bring until all have ended; return the error that stopped them."""
        error: BaseException | None = None
        stopped_at: float | None = None
        with open_display(self._totals) as display:
            while any(thread.is_alive() for thread in threads) or not self._ended.empty():
                if self._stopping.is_set():
                    stopped_at = time.monotonic() if stopped_at is None else stopped_at
                    if time.monotonic() - stopped_at > _GRACE_S:
                        break
                display.show(self._waiting.tell())
                try:
                    number, ended = self._ended.get(timeout=_TICK_S)
                except queue.Empty:
                    continue
                if isinstance(ended, BaseException):
                    error = error or ended
                else:
                    self._end(number, ended)
        return error

    def _end(self, number: int, outcome: Outcome) -> None:
        is_told = self._options.wait or self._options.as_json
        self._outcomes[number] = outcome if is_told else outcome.shortened()
        self._totals.end(outcome)
        if self._report is not None:
            self._report.add(outcome)
        if not outcome.kind.is_there:
            print_error(f"{outcome.shown}: {outcome.reason}")
        self._print_ids()

    def _print_ids(self, *, all_of_them: bool = False) -> None:
        """Print the ids of the analyses in the order of the files, as far as they are there."""
        while self._printed < len(self._sources) and (all_of_them or self._printed in self._outcomes):
            outcome = self._outcomes.get(self._printed)
            self._printed += 1
            if outcome is not None and outcome.analysis_id is not None and not self._options.as_json:
                typer.echo(outcome.analysis_id)

    def _finish(self, error: BaseException | None) -> int:
        outcomes = [self._outcomes[number] for number in sorted(self._outcomes)]
        if error is not None:
            if any(outcome.kind.is_there for outcome in outcomes):
                print_stop(outcomes, len(self._sources))
            raise error
        if self._interrupts.number:
            print_stop(outcomes, len(self._sources))
            return 128 + self._interrupts.number
        if not self._catalog.can_be_asked:
            print_note("this service is of an older version and cannot be asked what it has: every file was sent")
        if not self._resumable.is_offered:
            print_note("this service takes no resumable uploads: large files were sent in one request each")
        if self._options.analysis.occurrence_min:
            note_unfiltered(outcomes)
        print_summary(outcomes)
        all_well = all(outcome.kind.is_there for outcome in outcomes)
        if self._options.wait:
            try:
                all_well = self._follow(outcomes) and all_well
            except KeyboardInterrupt:
                print_note("stopped waiting: the service goes on, and `chorus status` shows how far it is")
                return 128 + signal.SIGINT
        if self._options.as_json:
            show_json([outcome.answer for outcome in outcomes if outcome.answer is not None])
        return 0 if all_well else 1

    def _follow(self, outcomes: list[Outcome]) -> bool:
        awaited = [
            (outcome.answer, analysis)
            for outcome in outcomes
            if outcome.answer is not None
            for analysis in outcome.answer["analyses"]
            if analysis["id"] == outcome.analysis_id
        ]
        return follow(lambda some_id: self._patience.insist(lambda: self._client.analysis(some_id)), awaited)


def _size_bytes(source: Source) -> int:
    try:
        return source.path.stat().st_size
    except OSError:
        # Reported when its turn comes.
        return 0
