"""Which recordings there are, what is on them, and on whose terms: one CSV, readable without us.

`manifest.csv`: path,labels,group,license,source,fold,duration_s,kind,background. Labels are taxon codes joined by `;`,
none where the recording is unlabeled; `background` may be missing. Beside it `taxa.csv` (a pack's taxa table) and,
where events are known, `events.csv`: path,code,onset_s,offset_s. Paths are relative to the manifest.
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
    """One recording to learn from or to be measured on."""

    path: str
    labels: tuple[str, ...]
    group: str
    """What must not be split between training and test: a recording, an individual, a site."""
    license: str
    source: str
    fold: int
    duration_s: float
    kind: str = "focal"
    """`focal`, `soundscape` or `noise`."""
    background: tuple[str, ...] = ()
    """Taxa that are heard beside the labels, by any name of theirs: nothing to learn, but a reason to leave it out."""


@dataclass(frozen=True, slots=True)
class Event:
    """A voice with a known beginning and end, in seconds from the clip's start."""

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
    """By clip path; a clip that is missing here is weakly labeled."""

    @property
    def codes(self) -> list[str]:
        return [taxon.code for taxon in self.taxa]

    def choose(self, *, kind: str | None = None, folds: Iterable[int] | None = None) -> tuple[Clip, ...]:
        wanted = None if folds is None else set(folds)
        return tuple(
            clip for clip in self.clips if kind in (None, clip.kind) and (wanted is None or clip.fold in wanted)
        )

    def unlabeled(self, folds: Iterable[int] | None = None) -> tuple[Clip, ...]:
        """Return the soundscapes that nobody has labeled."""
        return tuple(clip for clip in self.choose(kind="soundscape", folds=folds) if not clip.labels)


def load_dataset(manifest: Path) -> Dataset:
    """Raise BadInput with file and line for a row that breaks the form."""
    folder = manifest.parent
    if not (folder / "taxa.csv").exists():
        raise BadInput(f"{folder / 'taxa.csv'}: is missing; a manifest has its taxa beside it")
    taxa = load_taxa(folder / "taxa.csv")
    known = {taxon.code for taxon in taxa}
    clips = tuple(_parse_clip(row, where, known) for where, row in read_rows(manifest, CLIP_COLUMNS))
    if not clips:
        raise BadInput(f"{manifest}: holds no recordings")
    events: dict[str, list[Event]] = {}
    if (folder / "events.csv").exists():
        for where, row in read_rows(folder / "events.csv", EVENT_COLUMNS):
            event = Event(row["code"], _number(row, "onset_s", where), _number(row, "offset_s", where))
            events.setdefault(row["path"], []).append(event)
    return Dataset(folder, taxa, clips, {path: tuple(found) for path, found in events.items()})


def load_taxa(path: Path) -> tuple[Taxon, ...]:
    """Raise BadInput where there is no such table, or a column is missing."""
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
    """Return the rows of a CSV, each with the words that name its place; BadInput where it lacks one of the columns."""
    if not path.exists():
        raise BadInput(f"{path}: there is no such file")
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


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _number(row: dict[str, str], column: str, where: str, kind: type[int] | type[float] = float) -> Any:
    try:
        return kind(row[column])
    except ValueError as error:
        raise BadInput(f"{where}: {column} {row[column]!r} is no {kind.__name__}") from error
