"""Turns recordings from any source into a dataset: checks licenses, maps taxa, measures lengths, assigns folds."""

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
    """One audio file as its source describes it."""

    path: Path
    labels: tuple[str, ...]
    """Codes, scientific or common names."""
    license: str
    source: str
    group: str = ""
    """Recordings of one group stay in one fold; empty: the file is a group of its own."""
    kind: str = "focal"
    taxonomic_class: str = "unknown"
    """For labels that are not in the taxa table."""
    background: tuple[str, ...] = ()
    """Other taxa that can be heard, by any name; they are not training labels."""


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """How to build a dataset from recordings."""

    n_folds: int = 5
    seed: int = 0
    terms: Terms = field(default_factory=Terms)
    taxa: tuple[Taxon, ...] = ()
    """Labels are looked up here for code, names and class; an unknown label gets a code made of its name."""


@dataclass(frozen=True)
class Built:
    """A dataset, and the recordings that were left out."""

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
class TaxonIndex:
    """Looks up taxa by name and keeps those that were used, in order of first use."""

    known: Iterable[Taxon] = ()
    """If two taxa share a name, the first one is used."""
    used: dict[str, Taxon] = field(default_factory=dict)
    """By code."""

    def __post_init__(self) -> None:
        self._by_name: dict[str, Taxon] = {}
        for taxon in self.known:
            for name in (taxon.code, taxon.scientific_name, taxon.common_name):
                self._by_name.setdefault(name.casefold(), taxon)

    def find(self, name: str, taxonomic_class: str = "unknown") -> str:
        """Return the code of the taxon with this name; an unknown name becomes a new taxon."""
        taxon = self._by_name.get(name.casefold()) or Taxon(slug_of(name), name, name, taxonomic_class)
        return self.used.setdefault(taxon.code, taxon).code


def slug_of(name: str) -> str:
    """Return a name as a code: `Turdus merula` → `turdus-merula`."""
    return re.sub(r"\W+|_+", "-", name.casefold()).strip("-")


def relative_path(path: Path, folder: Path) -> str:
    """Return the path of a file relative to a folder; symbolic links to either folder are resolved first."""
    return Path(os.path.relpath(path.parent.resolve() / path.name, folder.resolve())).as_posix()


def build_dataset(
    recordings: Iterable[Recording],
    folder: Path,
    options: DatasetOptions = DatasetOptions(),
    events: Mapping[Path, Sequence[Event]] | None = None,
) -> Built:
    """Return a dataset whose manifest will be written to `folder`.

    `events` maps recordings to their events; an event's `code` may be any name of a taxon. The labels of a recording
    with known events come from these events. Unreadable files, and files whose license does not permit training, are
    refused with a reason.
    """
    taxon_index = TaxonIndex(options.taxa)
    refused: list[Refused] = []
    rows: list[_Row] = []
    known_events: dict[str, tuple[Event, ...]] = {}
    for recording in recordings:
        path = relative_path(recording.path, folder)
        outcome = _measure(recording, options.terms)
        if isinstance(outcome, Refused):
            refused.append(outcome)
            continue
        codes = [taxon_index.find(label, recording.taxonomic_class) for label in recording.labels]
        if found := (events or {}).get(recording.path):
            known_events[path] = tuple(
                Event(taxon_index.find(e.code, recording.taxonomic_class), e.onset_s, e.offset_s) for e in found
            )
            codes = [event.code for event in known_events[path]]
        rows.append(_Row(path, tuple(sorted(set(codes))), recording, outcome))
    clips = _make_clips(rows, options)
    taxa = tuple(taxon_index.used[code] for code in sorted({c for clip in clips for c in clip.labels}))
    return Built(Dataset(folder, taxa, clips, known_events), tuple(refused))


def save_built(built: Built) -> Path:
    """Write the dataset and refused.csv into its folder; return the manifest's path."""
    manifest = save_dataset(built.dataset)
    rows = [[item.recording, item.license, item.reason] for item in built.refused]
    write_table(manifest.parent / "refused.csv", ["recording", "license", "reason"], rows)
    return manifest


def _measure(recording: Recording, terms: Terms) -> float | Refused:
    """Return the length in seconds, measured because headers of compressed files can be wrong; or a refusal."""
    if reason := terms.refuse(recording.license):
        return Refused(str(recording.path), recording.license, reason)
    try:
        return measure_duration_s(recording.path)
    except ChorusError as error:
        return Refused(str(recording.path), recording.license, str(error))


def _make_clips(rows: Sequence[_Row], options: DatasetOptions) -> tuple[Clip, ...]:
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
