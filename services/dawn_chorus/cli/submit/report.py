"""The report of a run: a CSV file with a row for each file, complete up to its last line whenever the run is killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dawn_chorus.cli.submit.outcomes import Outcome
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.exports.tables import csv_line
from dawn_chorus.domain.names import AUDIO_SUFFIXES, displayed

COLUMNS = (
    "file", "outcome", "recording_id", "analysis_id", "sha256", "bytes", "seconds", "recorded_at", "site", "reason"
)  # fmt: skip


class Report:
    """An open report. Rows are written as the files end."""

    def __init__(self, path: Path) -> None:
        """Create the file; raises PermanentError if that cannot be done."""
        self._path = path
        if path.suffix.lower() in AUDIO_SUFFIXES:
            raise PermanentError(f"--report {displayed(path)}: that is the name of a recording, not of a CSV file")
        try:
            # Each line goes to the disk as one piece.
            self._file = path.open("w", encoding="utf-8", newline="", buffering=1)
        except OSError as error:
            raise self._unwritable(error) from error
        self._write(COLUMNS)

    def add(self, outcome: Outcome) -> None:
        """Raise PermanentError if the row cannot be written."""
        answer = outcome.answer or {}
        self._write(
            (
                outcome.shown,
                outcome.kind.value,
                answer.get("id"),
                outcome.analysis_id,
                outcome.sha256,
                outcome.size_bytes,
                answer.get("duration_s"),
                answer.get("recorded_at"),
                answer.get("site"),
                outcome.reason,
            )
        )

    def _write(self, row: tuple[object, ...]) -> None:
        try:
            self._file.write(csv_line(row))
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> PermanentError:
        return PermanentError(f"the report {displayed(self._path)} cannot be written: {error.strerror}")

    def close(self) -> None:
        self._file.close()


@contextmanager
def open_report(path: Path | None) -> Iterator[Report | None]:
    """Yield the report; None if none is wanted."""
    if path is None:
        yield None
        return
    report = Report(path)
    try:
        yield report
    finally:
        report.close()
