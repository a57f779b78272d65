"""A zip of clips: the sound, a table of it, a table of what was left out, and a README with the licenses."""

import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from dawn_chorus.api.clips.files import ClipFile
from dawn_chorus.api.exports.jobs.files import TooLarge
from dawn_chorus.domain.exports.context import ExportContext
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.exports.tables import csv_line, csv_lines

CLIP_COLUMNS = ("clip", "clip_start_s", "clip_end_s", "clip_silent_s")
LEFT_OUT_COLUMNS = ("reason",)
_ROOM_BYTES = 1 << 20
"""For the tables and the README, to begin with."""


@dataclass(slots=True)
class ClipArchive:
    """Writes one zip; each call blocks."""

    file: BinaryIO
    most_bytes: int
    context: ExportContext
    _zip: zipfile.ZipFile = field(init=False)
    _names: set[str] = field(default_factory=set)
    _made: list[tuple[tuple[str, ...], Finding]] = field(default_factory=list)
    _left_out: list[tuple[tuple[str, ...], Finding]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._zip = zipfile.ZipFile(self.file, "w", zipfile.ZIP_STORED)

    def add(self, name: str, clip: ClipFile, finding: Finding, start_s: float, end_s: float) -> None:
        """Add a clip, uncompressed, under a name that no other has. Raises TooLarge."""
        if self.file.tell() + clip.size_bytes + _ROOM_BYTES > self.most_bytes:
            raise TooLarge(self.most_bytes)
        own = unique_name(name, self._names)
        entry = self._entry(own, zipfile.ZIP_STORED)
        entry.file_size = clip.size_bytes
        with self._zip.open(entry, "w") as target:
            for part in clip.read(0, clip.size_bytes):
                target.write(part)
        self._made.append(((own, f"{start_s:.3f}", f"{end_s:.3f}", clip.lost), finding))

    def leave_out(self, finding: Finding, reason: str) -> None:
        """Note an event that has no clip, and why."""
        self._left_out.append(((reason,), finding))

    def close(self) -> None:
        """Write tables and README, and end the zip. Raises TooLarge."""
        self._add_text("clips.csv", _table(CLIP_COLUMNS, self._made))
        if self._left_out:
            self._add_text("left_out.csv", _table(LEFT_OUT_COLUMNS, self._left_out))
        used = {finding.source.pack for _, finding in (*self._made, *self._left_out)}
        self._add_text("README.txt", readme_lines(self.context, len(self._made), len(self._left_out), used))
        self._zip.close()
        if self.file.tell() > self.most_bytes:
            raise TooLarge(self.most_bytes)

    def give_up(self) -> None:
        """Write nothing any more, whatever is still to be written; harmless once it is closed."""
        self._zip.fp = None

    def _add_text(self, name: str, lines: Iterable[str]) -> None:
        self._zip.writestr(self._entry(name, zipfile.ZIP_DEFLATED), "".join(lines).encode())

    def _entry(self, name: str, compression: int) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self.context.made_at.timetuple()[:6])
        entry.compress_type, entry.external_attr = compression, 0o644 << 16
        return entry


def unique_name(name: str, taken: set[str]) -> str:
    """Return the name, with a number if another has it already, and take it.

    Some systems know no difference between capitals and others, so neither do we.
    """
    stem, dot, suffix = name.rpartition(".")
    candidate, number = name, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{stem}_{number}{dot}{suffix}"
    taken.add(candidate.lower())
    return candidate


def _table(columns: Sequence[str], rows: Sequence[tuple[tuple[str, ...], Finding]]) -> Iterator[str]:
    """Yield CSV: these columns, then all that exports of detections have."""
    lines = csv_lines(finding for _, finding in rows)
    for own, line in zip((columns, *(own for own, _ in rows)), lines, strict=True):
        yield f"{csv_line(own)[:-1]},{line}"


def readme_lines(context: ExportContext, made: int, left_out: int, used: Collection[str]) -> Iterator[str]:
    """Yield what whoever gets the zip from somebody else should know; `used`: the packs of its rows."""
    yield f"Clips of detections, made by Dawn Chorus on {context.made_at:%Y-%m-%d at %H:%M} UTC.\n\n"
    for name, value in context.filters.items():
        yield f"{name}: {value}\n"
    yield f"Clips: {made:,}. Left out: {left_out:,}"
    yield " (left_out.csv names each, with the reason).\n" if left_out else ".\n"
    yield (
        "\nclips.csv has a row for each clip: its file, the stretch of the recording that it holds, in seconds,\n"
        "what of that no decoder could read (it is silent there), and all that is known of the detection.\n\n"
        "The detections were made by a machine and are as sure as their confidence and their reviews.\n"
        "The sound belongs to whoever recorded it.\n"
    )
    for credit in context.credits:
        if credit.pack in used:
            name = f"{credit.pack} {credit.version or ''}".strip()
            yield f"\nModel pack {name}, license {credit.license or 'unknown'}.\n{credit.attribution or ''}\n"
