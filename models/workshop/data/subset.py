"""Selects a part of a dataset for pretraining: frequent taxa only, and none of those used for testing later."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.data.license_terms import Refused
from models.workshop.data.manifest import Clip, Dataset, load_taxa
from models.workshop.data.recordings import Built, relative_path, slug_of
from models.workshop.errors import BadInput


@dataclass(frozen=True)
class Narrowed:
    """The remaining dataset, and the taxa that were removed."""

    built: Built
    excluded: tuple[Taxon, ...]
    """Those of the dataset's taxa that were excluded."""
    rare: tuple[Taxon, ...]


def narrow(dataset: Dataset, folder: Path, *, min_recordings: int = 1, exclude: Sequence[Taxon] = ()) -> Narrowed:
    """Remove the taxa of `exclude`, then those with fewer than `min_recordings` remaining recordings.

    A recording that contains an excluded taxon is removed as a whole, whether a label, an event or the background
    names the taxon: a network trained on it would learn the test taxon's voice as "none of my taxa". For a rare taxon
    only the label is removed; a recording that loses its last label is removed. Unlabeled soundscapes and noise stay.
    The new manifest will be written to `folder`. Raises BadInput if no labeled recording is left.
    """
    excluded_names = Names.of(exclude)
    excluded = tuple(taxon for taxon in dataset.taxa if excluded_names.cover(taxon))
    remaining = _without(dataset, excluded, excluded_names)
    common = keep_frequent(remaining, min_recordings)
    pairs = zip(remaining.clips, common.clips, strict=True)
    kept = [after for before, after in pairs if after.labels or not before.labels]
    if not any(clip.labels for clip in kept):
        raise BadInput(f"{dataset.folder}: no labeled recording is left; exclude fewer taxa or lower the minimum")
    refused = (
        *_refuse(dataset, remaining.clips, "it contains an excluded taxon"),
        *_refuse(remaining, kept, f"each of its taxa has fewer than {min_recordings} recordings"),
    )
    rare = tuple(taxon for taxon in remaining.taxa if taxon not in common.taxa)
    return Narrowed(Built(_moved(common, kept, folder), refused), excluded, rare)


def keep_frequent(dataset: Dataset, min_recordings: int) -> Dataset:
    """Return the dataset without the taxa that have fewer labeled recordings.

    The recordings stay, with their other labels. The removed taxa's names are added to the background, so that a later
    exclusion still finds these recordings.
    """
    counts = Counter(code for clip in dataset.clips for code in clip.labels)
    taxa = tuple(taxon for taxon in dataset.taxa if counts[taxon.code] >= min_recordings)
    codes = {taxon.code for taxon in taxa}
    rare = {taxon.code: taxon.scientific_name or taxon.code for taxon in dataset.taxa if taxon.code not in codes}
    clips = tuple(
        replace(
            clip,
            labels=tuple(code for code in clip.labels if code in codes),
            background=(*clip.background, *(rare[code] for code in clip.labels if code in rare)),
        )
        for clip in dataset.clips
    )
    events = {path: tuple(e for e in found if e.code in codes) for path, found in dataset.events.items()}
    return replace(dataset, taxa=taxa, clips=clips, events=events)


def taxa_at(path: Path) -> tuple[Taxon, ...]:
    """Return the taxa of a taxa.csv, of a manifest, or of a folder (a pack, a dataset) with a taxa.csv in it."""
    if path.is_dir():
        return load_taxa(path / "taxa.csv")
    return load_taxa(path.with_name("taxa.csv") if path.name == "manifest.csv" else path)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of taxa; tables from different sources share names rather than codes, in different spellings."""

    all: frozenset[str]
    """As slugs: `Motacilla flava`, `motacilla_flava` and `motacilla-flava` are the same."""
    species: frozenset[str]
    """The first two words of scientific names: a subspecies counts as its species."""

    @classmethod
    def of(cls, taxa: Iterable[Taxon]) -> Self:
        taxa = tuple(taxa)
        names = {slug_of(name) for t in taxa for name in (t.code, t.scientific_name, t.common_name)}
        return cls(frozenset(names) - {""}, frozenset(_species_of(t.scientific_name) for t in taxa) - {""})

    def cover(self, taxon: Taxon) -> bool:
        return any(map(self.include, (taxon.code, taxon.scientific_name, taxon.common_name)))

    def include(self, name: str) -> bool:
        """Return whether the name is one of these or of the same species, such as `Motacilla flava thunbergi`."""
        return slug_of(name) in self.all or _species_of(name) in self.species


def _species_of(name: str) -> str:
    return "-".join(slug_of(name).split("-")[:2])


def _without(dataset: Dataset, taxa: Collection[Taxon], names: Names) -> Dataset:
    """Return the dataset without these taxa and without all recordings that contain them or a taxon of these names."""
    codes = {taxon.code for taxon in taxa}

    def is_allowed(clip: Clip) -> bool:
        present = {*clip.labels, *(event.code for event in dataset.events.get(clip.path, ()))}
        return present.isdisjoint(codes) and not any(map(names.include, (*present, *clip.background)))

    clips = tuple(filter(is_allowed, dataset.clips))
    return replace(dataset, taxa=tuple(taxon for taxon in dataset.taxa if taxon.code not in codes), clips=clips)


def _refuse(dataset: Dataset, kept: Iterable[Clip], reason: str) -> list[Refused]:
    paths = {clip.path for clip in kept}
    return [Refused(clip.path, clip.license, reason) for clip in dataset.clips if clip.path not in paths]


def _moved(dataset: Dataset, clips: Iterable[Clip], folder: Path) -> Dataset:
    """Return the dataset with these clips only, their paths relative to another folder."""
    paths = {clip.path: relative_path(dataset.folder / clip.path, folder) for clip in clips}
    moved = tuple(replace(clip, path=paths[clip.path]) for clip in clips)
    events = {paths[path]: found for path, found in dataset.events.items() if path in paths}
    return replace(dataset, folder=folder, clips=moved, events=events)
