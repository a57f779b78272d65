"""Which recordings there are, what is on them, and on whose terms: one CSV, readable without us.

`manifest.csv`: path,labels,group,license,source,fold,duration_s,kind. Labels are taxon codes joined by `;`, none
where the recording is unlabeled. Beside it `taxa.csv` (a pack's taxa table) and, where events are known, `events.csv`:
path,code,onset_s,offset_s. Paths are relative to the manifest.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from services.domain.taxonomy import Taxon

KINDS = ("focal", "soundscape", "noise")


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
        """Give the soundscapes that nobody has labeled."""
        return tuple(clip for clip in self.choose(kind="soundscape", folds=folds) if not clip.labels)


def load_dataset(manifest: Path) -> Dataset:
    """Raise ValueError with file and line for a row that breaks the form."""
    folder = manifest.parent
    taxa = load_taxa(folder / "taxa.csv")
    known = {taxon.code for taxon in taxa}
    clips = tuple(_parse_clip(row, f"{manifest}, line {line}", known) for line, row in _rows(manifest))
    events: dict[str, list[Event]] = {}
    if (folder / "events.csv").exists():
        for _, row in _rows(folder / "events.csv"):
            event = Event(row["code"], float(row["onset_s"]), float(row["offset_s"]))
            events.setdefault(row["path"], []).append(event)
    return Dataset(folder, taxa, clips, {path: tuple(found) for path, found in events.items()})


def load_taxa(path: Path) -> tuple[Taxon, ...]:
    names = ("code", "scientific_name", "common_name", "taxonomic_class")
    return tuple(Taxon(*(row[name] for name in names)) for _, row in _rows(path))


def save_dataset(dataset: Dataset) -> Path:
    """Write manifest.csv, taxa.csv and events.csv into the dataset's folder; give the manifest's path."""
    dataset.folder.mkdir(parents=True, exist_ok=True)
    names = [entry.name for entry in fields(Clip)]
    rows = [
        [";".join(v) if isinstance(v := getattr(clip, name), tuple) else v for name in names] for clip in dataset.clips
    ]
    write_table(dataset.folder / "manifest.csv", names, rows)
    taxa = [[t.code, t.scientific_name, t.common_name, t.taxonomic_class] for t in dataset.taxa]
    write_table(dataset.folder / "taxa.csv", ["code", "scientific_name", "common_name", "taxonomic_class"], taxa)
    events = [
        [path, event.code, f"{event.onset_s:.4f}", f"{event.offset_s:.4f}"]
        for path, found in dataset.events.items()
        for event in found
    ]
    write_table(dataset.folder / "events.csv", ["path", "code", "onset_s", "offset_s"], events)
    return dataset.folder / "manifest.csv"


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _rows(path: Path) -> Iterable[tuple[int, dict[str, str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from enumerate(csv.DictReader(file), start=2)


def _parse_clip(row: dict[str, str], where: str, known: set[str]) -> Clip:
    labels = tuple(code for code in row["labels"].split(";") if code)
    if unknown := set(labels) - known:
        raise ValueError(f"{where}: labels {sorted(unknown)} are not in taxa.csv")
    if row["kind"] not in KINDS:
        raise ValueError(f"{where}: kind {row['kind']!r} is none of {', '.join(KINDS)}")
    numbers = int(row["fold"]), float(row["duration_s"])
    return Clip(row["path"], labels, row["group"], row["license"], row["source"], *numbers, row["kind"])
