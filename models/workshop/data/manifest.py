"""The manifest: one CSV with the recordings, their labels and their licenses, readable by any tool.

`manifest.csv`: path,labels,group,license,source,fold,duration_s,kind,background. Labels are taxon codes separated by
`;`, empty if the recording is unlabeled; the column `background` may be missing. In the same folder: `taxa.csv` (a
pack's taxa table) and, if events are known, `events.csv`: path,code,onset_s,offset_s. Paths are relative to the folder.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.errors import BadInput

KINDS = ("focal", "soundscape", "noise")
CLIP_COLUMNS = ("path", "labels", "group", "license", "source", "fold", "duration_s", "kind")
TAXON_COLUMNS = ("code", "scientific_name", "common_name", "taxonomic_class")
EVENT_COLUMNS = ("path", "code", "onset_s", "offset_s")


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording to train or measure on."""

    path: str
    labels: tuple[str, ...]
    group: str
    """A recording, an individual or a site; a group must not be split between training and test."""
    license: str
    source: str
    fold: int
    duration_s: float
    kind: str = "focal"
    """`focal`, `soundscape` or `noise`."""
    background: tuple[str, ...] = ()
    """Other taxa that can be heard, by any of their names; not trained on, but a reason to leave the recording out."""


@dataclass(frozen=True, slots=True)
class Event:
    """A vocalization with known onset and offset, in seconds from the clip's start."""

    code: str
    onset_s: float
    offset_s: float


@dataclass(frozen=True, slots=True)
class Dataset:
    """A manifest with its taxa and events."""

    folder: Path
    taxa: tuple[Taxon, ...]
    clips: tuple[Clip, ...]
    events: dict[str, tuple[Event, ...]] = field(default_factory=dict)
    """By clip path; a clip without an entry is weakly labeled."""

    @property
    def codes(self) -> list[str]:
        return [taxon.code for taxon in self.taxa]

    def choose(self, *, kind: str | None = None, folds: Iterable[int] | None = None) -> tuple[Clip, ...]:
        wanted = None if folds is None else set(folds)
        return tuple(
            clip for clip in self.clips if kind in (None, clip.kind) and (wanted is None or clip.fold in wanted)
        )

    def unlabeled(self, folds: Iterable[int] | None = None) -> tuple[Clip, ...]:
        """Return the soundscapes without labels."""
        return tuple(clip for clip in self.choose(kind="soundscape", folds=folds) if not clip.labels)


def load_dataset(manifest: Path) -> Dataset:
    """Read a manifest with its taxa and events; raises BadInput with file and line for an invalid row."""
    folder = manifest.parent
    if not (folder / "taxa.csv").exists():
        raise BadInput(f"{folder / 'taxa.csv'}: is missing; it belongs in the manifest's folder")
    taxa = load_taxa(folder / "taxa.csv")
    known = {taxon.code for taxon in taxa}
    clips = tuple(_parse_clip(row, where, known) for where, row in read_rows(manifest, CLIP_COLUMNS))
    if not clips:
        raise BadInput(f"{manifest}: has no recordings")
    events: dict[str, list[Event]] = {}
    if (folder / "events.csv").exists():
        for where, row in read_rows(folder / "events.csv", EVENT_COLUMNS):
            events.setdefault(row["path"], []).append(_parse_event(row, where, known))
    return Dataset(folder, taxa, clips, {path: tuple(found) for path, found in events.items()})


def load_taxa(path: Path) -> tuple[Taxon, ...]:
    """Read a table of taxa; raises BadInput if the file or a column is missing."""
    return tuple(Taxon(*(row[name] for name in TAXON_COLUMNS)) for _, row in read_rows(path, TAXON_COLUMNS))


def save_dataset(dataset: Dataset) -> Path:
    """Write manifest.csv, taxa.csv and events.csv into the dataset's folder; return the manifest's path."""
    dataset.folder.mkdir(parents=True, exist_ok=True)
    names = [entry.name for entry in fields(Clip)]
    rows = [
        [";".join(v) if isinstance(v := getattr(clip, name), tuple) else v for name in names] for clip in dataset.clips
    ]
    write_table(dataset.folder / "manifest.csv", names, rows)
    taxa = [[t.code, t.scientific_name, t.common_name, t.taxonomic_class] for t in dataset.taxa]
    write_table(dataset.folder / "taxa.csv", TAXON_COLUMNS, taxa)
    events = [
        [path, event.code, f"{event.onset_s:.4f}", f"{event.offset_s:.4f}"]
        for path, found in dataset.events.items()
        for event in found
    ]
    write_table(dataset.folder / "events.csv", EVENT_COLUMNS, events)
    return dataset.folder / "manifest.csv"


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows of a CSV, each with its place ("FILE, line N").

    Raises BadInput if the file or a column is missing.
    """
    if not path.exists():
        raise BadInput(f"{path}: no such file")
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, restval="")
        try:
            if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
                raise BadInput(f"{path}: lacks the column {missing[0]!r}; its first line must name {','.join(columns)}")
            yield from ((f"{path}, line {line}", row) for line, row in enumerate(reader, start=2))
        except UnicodeDecodeError as error:
            raise BadInput(f"{path}: is not a CSV in UTF-8: {error}") from error


def _parse_clip(row: dict[str, str], where: str, known: set[str]) -> Clip:
    labels, background = _split(row["labels"]), _split(row.get("background", ""))
    if unknown := set(labels) - known:
        raise BadInput(f"{where}: labels {sorted(unknown)} are not in taxa.csv")
    if row["kind"] not in KINDS:
        raise BadInput(f"{where}: kind {row['kind']!r} is none of {', '.join(KINDS)}")
    fold, duration_s = _number(row, "fold", where, int), _number(row, "duration_s", where)
    return Clip(
        row["path"], labels, row["group"], row["license"], row["source"], fold, duration_s, row["kind"], background
    )


def _parse_event(row: dict[str, str], where: str, known: set[str]) -> Event:
    event = Event(row["code"], _number(row, "onset_s", where), _number(row, "offset_s", where))
    if event.code not in known:
        raise BadInput(f"{where}: code {event.code!r} is not in taxa.csv")
    if not 0 <= event.onset_s < event.offset_s:
        raise BadInput(f"{where}: an event needs 0 <= onset_s < offset_s")
    return event


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _number(row: dict[str, str], column: str, where: str, kind: type[int] | type[float] = float) -> Any:
    try:
        return kind(row[column])
    except ValueError as error:
        raise BadInput(f"{where}: {column} {row[column]!r} is not a valid {kind.__name__}") from error
