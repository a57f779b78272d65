"""Reads recordings with labels and licenses from a tree of folders or from a CSV table."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from dawn_chorus.domain.names import AUDIO_SUFFIXES, is_junk
from models.workshop.data.manifest import KINDS, Event, read_rows
from models.workshop.data.recordings import Recording
from models.workshop.errors import BadInput

_KINDS = {kind: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Columns:
    """The column names of a table. Every column may be missing in the table, except the path's."""

    path: str = "path"
    labels: str = "labels"
    license: str = "license"
    source: str = "source"
    group: str = "group"
    kind: str = "kind"
    taxonomic_class: str = "taxonomic_class"
    background: str = "background"

    @classmethod
    def named(cls, names: Mapping[str, str]) -> Self:
        """Return the columns with some of them renamed; raises BadInput for a column that does not exist here."""
        ours = [entry.name for entry in fields(cls)]
        if unknown := [name for name in names if name not in ours]:
            raise BadInput(f"--columns: {unknown[0]!r} is none of {', '.join(ours)}")
        return cls(**names)


@dataclass(frozen=True, slots=True)
class FolderNames:
    """The folders that are not named after a taxon."""

    soundscapes: str = "soundscapes"
    """Unlabeled recordings to pseudo-label."""
    noise: str = "noise"
    """Background noise without any animal voice."""


def read_folders(
    root: Path,
    license_text: str,
    source: str = "",
    *,
    group_pattern: str = r".+",
    names: FolderNames = FolderNames(),
) -> Iterator[Recording]:
    """Yield the recordings at `ROOT/TAXON/**/file`; the first folder names the taxon, except soundscapes and noise.

    The part of a file's name (without suffix) that matches `group_pattern` is its group, so that clips cut from one
    recording stay in one fold. Raises BadInput if there is no audio.
    """
    found = False
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() not in AUDIO_SUFFIXES or is_junk(path.name) or path.parent == root:
            continue
        found = True
        top = path.relative_to(root).parts[0]
        kind = {names.soundscapes: "soundscape", names.noise: "noise"}.get(top, "focal")
        matched = re.search(group_pattern, path.stem)
        group = f"{top}/{matched.group() if matched else path.stem}"
        yield Recording(path, (top,) if kind == "focal" else (), license_text, source or root.name, group, kind)
    if not found:
        raise BadInput(f"{root}: no audio in folders named after taxa")


def read_table(
    table: Path, columns: Columns = Columns(), kinds: Mapping[str, str] | None = None, license_text: str = ""
) -> Iterator[Recording]:
    """Yield one recording per row; labels are separated by `;`, paths are relative to the table.

    `kinds` translates the kind column (no entry: focal); the labels of soundscapes and noise become background.
    `license_text` applies to rows without a license. Raises BadInput with file and line for a row without a path.
    """
    for line, row in _rows(table):
        if not (name := row.get(columns.path)):
            raise BadInput(f"{table}, line {line}: no {columns.path!r}: set the column's name with --columns path=…")
        kind = (kinds or _KINDS).get(row.get(columns.kind) or "focal", "focal")
        labels, background = _split(row.get(columns.labels)), _split(row.get(columns.background))
        yield Recording(
            table.parent / name,
            labels if kind == "focal" else (),
            row.get(columns.license) or license_text,
            row.get(columns.source) or table.name,
            row.get(columns.group) or "",
            kind,
            row.get(columns.taxonomic_class) or "unknown",
            background if kind == "focal" else (*labels, *background),
        )


def read_events(table: Path, columns: Columns = Columns(path="file", labels="label")) -> dict[Path, list[Event]]:
    """Return known events by recording, from a CSV with path, label, `onset_s` and `offset_s`.

    Raises BadInput with the line of a bad row.
    """
    events: dict[Path, list[Event]] = {}
    for where, row in read_rows(table, (columns.path, columns.labels, "onset_s", "offset_s")):
        try:
            event = Event(row[columns.labels], float(row["onset_s"]), float(row["offset_s"]))
        except ValueError as error:
            raise BadInput(f"{where}: not an event: {error}") from error
        if not 0 <= event.onset_s < event.offset_s:
            raise BadInput(f"{where}: an event needs 0 <= onset_s < offset_s")
        if not event.code:
            raise BadInput(f"{where}: an event needs a {columns.labels}")
        events.setdefault(table.parent / row[columns.path], []).append(event)
    return events


def _split(cell: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (cell or "").split(";") if part.strip())


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            yield from enumerate(csv.DictReader(file), start=2)
        except UnicodeDecodeError as error:
            raise BadInput(f"{path}: is not a CSV in UTF-8: {error}") from error
