"""Rows of detections, written into a file: in any format that answers have, too."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from dawn_chorus.adapters.exports.writing import write_export
from dawn_chorus.adapters.postgres.export_making import Progress
from dawn_chorus.api.exports.jobs.files import TooLarge
from dawn_chorus.domain.exports.context import ExportContext, Tally
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.exports.formats import ExportFormat


class Stopped(Exception):
    """The export is not wanted any more."""


@dataclass(slots=True)
class Table:
    """One export of rows; it is written in a thread, and stopped from another."""

    progress: Progress
    most_bytes: int
    is_stopped: bool = field(default=False, init=False)

    def write(
        self,
        form: ExportFormat,
        findings: Iterable[Finding],
        listened: Iterable[Source],
        context: ExportContext,
        file: BinaryIO,
    ) -> None:
        """Write all rows into an empty file; blocks. `listened` as in `write_export`.

        Raises TooLarge, Stopped, and what `write_export` raises.
        """
        tally, size_bytes = Tally(), 0
        for part in write_export(form, self._counted(findings), context, tally, self._while_wanted(listened)):
            self._check_wanted()
            size_bytes += len(part)
            if size_bytes > self.most_bytes:
                raise TooLarge(self.most_bytes)
            file.write(part)
            self.progress.left_out = tally.left_out.total()
        self.progress.left_out = tally.left_out.total()
        self.progress.total = self.progress.done

    def _counted(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield them; formats that put all in order before the first part are seen to go on."""
        for finding in findings:
            self._check_wanted()
            self.progress.done += 1
            yield finding

    def _while_wanted(self, recordings: Iterable[Source]) -> Iterator[Source]:
        for source in recordings:
            self._check_wanted()
            yield source

    def _check_wanted(self) -> None:
        if self.is_stopped:
            raise Stopped
