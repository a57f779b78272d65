"""Recordings, as any source describes them → a dataset: terms checked, taxa named, lengths measured, folds dealt."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dawn_chorus.domain.errors import ChorusError
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.audio.probe import measure_duration_s
from models.workshop.data.folds import assign_folds
from models.workshop.data.license_terms import Refused, Terms
from models.workshop.data.manifest import Clip, Dataset, Event, save_dataset, write_table


@dataclass(frozen=True, slots=True)
class Recording:
    """One audio file, in its source's own words."""

    path: Path
    labels: tuple[str, ...]
    """Codes, scientific or common names."""
    license: str
    source: str
    group: str = ""
    """What must not be split between folds; empty: this very file."""
    kind: str = "focal"
    taxonomic_class: str = "unknown"
    """Of labels that the taxa table does not know."""
    background: tuple[str, ...] = ()
    """What else is heard, by any name; it is not learned."""


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """How recordings become a dataset."""

    n_folds: int = 5
    seed: int = 0
    terms: Terms = field(default_factory=Terms)
    taxa: tuple[Taxon, ...] = ()
    """Where labels find their code, names and class; what is not there gets a code of its own."""


@dataclass(frozen=True)
class Built:
    """A dataset, and what is not in it."""

    dataset: Dataset
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    """Relative to the manifest."""
    codes: tuple[str, ...]
    recording: Recording
    duration_s: float

    @property
    def group(self) -> str:
        return self.recording.group or self.path


@dataclass
class TaxonBook:
    """Names → taxa, in the order in which they are first asked for."""

    known: Iterable[Taxon] = ()
    """The first of a name wins."""
    used: dict[str, Taxon] = field(default_factory=dict)
    """By code."""

    def __post_init__(self) -> None:
        self._by_name: dict[str, Taxon] = {}
        for taxon in self.known:
            for name in (taxon.code, taxon.scientific_name, taxon.common_name):
                self._by_name.setdefault(name.casefold(), taxon)

    def find(self, name: str, taxonomic_class: str = "unknown") -> str:
        """Return the code of a taxon."""
        taxon = self._by_name.get(name.casefold()) or Taxon(slug_of(name), name, name, taxonomic_class)
        return self.used.setdefault(taxon.code, taxon).code


def slug_of(name: str) -> str:
    """Make a code of a name: `Turdus merula` → `turdus-merula`."""
    return re.sub(r"\W+|_+", "-", name.casefold()).strip("-")


def relative_path(path: Path, folder: Path) -> str:
    """Return how a file is found from a folder, though links lead to either."""
    return Path(os.path.relpath(path.parent.resolve() / path.name, folder.resolve())).as_posix()


def build_dataset(
    recordings: Iterable[Recording],
    folder: Path,
    options: DatasetOptions = DatasetOptions(),
    events: Mapping[Path, Sequence[Event]] | None = None,
) -> Built:
    """Make a dataset whose manifest is to lie in `folder`.

    `events` are by recording; their `code` may be any name of a taxon. Where events are known, they say what is on a
    recording. Files that cannot be read, or whose terms do not permit it, are refused with a reason.
    """
    book = TaxonBook(options.taxa)
    refused: list[Refused] = []
    rows: list[_Row] = []
    known_events: dict[str, tuple[Event, ...]] = {}
    for recording in recordings:
        path = relative_path(recording.path, folder)
        outcome = _measure(recording, options.terms)
        if isinstance(outcome, Refused):
            refused.append(outcome)
            continue
        codes = [book.find(label, recording.taxonomic_class) for label in recording.labels]
        if found := (events or {}).get(recording.path):
            known_events[path] = tuple(
                Event(book.find(e.code, recording.taxonomic_class), e.onset_s, e.offset_s) for e in found
            )
            codes = [event.code for event in known_events[path]]
        rows.append(_Row(path, tuple(sorted(set(codes))), recording, outcome))
    clips = _deal(rows, options)
    taxa = tuple(book.used[code] for code in sorted({c for clip in clips for c in clip.labels}))
    return Built(Dataset(folder, taxa, clips, known_events), tuple(refused))


def save_built(built: Built) -> Path:
    """Write the dataset, and beside it refused.csv; return the manifest's path."""
    manifest = save_dataset(built.dataset)
    rows = [[item.recording, item.license, item.reason] for item in built.refused]
    write_table(manifest.parent / "refused.csv", ["recording", "license", "reason"], rows)
    return manifest


def _measure(recording: Recording, terms: Terms) -> float | Refused:
    """Return the true length in seconds: headers of compressed files are not to be trusted."""
    if reason := terms.refuse(recording.license):
        return Refused(str(recording.path), recording.license, reason)
    try:
        return measure_duration_s(recording.path)
    except ChorusError as error:
        return Refused(str(recording.path), recording.license, str(error))


def _deal(rows: Sequence[_Row], options: DatasetOptions) -> tuple[Clip, ...]:
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row.group, []).extend(row.codes or (f"({row.recording.kind})",))
    folds = assign_folds(groups, options.n_folds, options.seed)
    clips = [
        Clip(
            row.path, row.codes, row.group, r.license, r.source, folds[row.group], row.duration_s, r.kind, r.background
        )
        for row in rows
        for r in [row.recording]
    ]
    return tuple(sorted(clips, key=lambda clip: clip.path))
