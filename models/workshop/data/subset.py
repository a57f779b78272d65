"""A part of a dataset: to pretrain on what is common, without the taxa that a test will ask for."""

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
    """What is left of a dataset, and the taxa that are not."""

    built: Built
    excluded: tuple[Taxon, ...]
    """Of the dataset's own taxa."""
    rare: tuple[Taxon, ...]


def narrow(dataset: Dataset, folder: Path, *, min_recordings: int = 1, exclude: Sequence[Taxon] = ()) -> Narrowed:
    """Leave out the taxa of `exclude`, then those of which fewer than `min_recordings` are left.

    A recording on which an excluded taxon is heard goes as a whole, whether a label, an event or the background says
    so: a network that learns a test's voice as "none of mine" has learned from it. A rare taxon loses its label only; a
    recording that loses its last one goes. Unlabeled soundscapes and noise stay. `folder` is where the new manifest is
    to lie. Raises BadInput when no labeled recording is left.
    """
    unwanted = Names.of(exclude)
    excluded = tuple(taxon for taxon in dataset.taxa if unwanted.cover(taxon))
    silent = _without(dataset, excluded, unwanted)
    common = keep_frequent(silent, min_recordings)
    pairs = zip(silent.clips, common.clips, strict=True)
    kept = [after for before, after in pairs if after.labels or not before.labels]
    if not any(clip.labels for clip in kept):
        raise BadInput(f"{dataset.folder}: no labeled recording is left; exclude fewer taxa, or ask for fewer of each")
    refused = (
        *_refuse(dataset, silent.clips, "an excluded taxon is heard on it"),
        *_refuse(silent, kept, f"of each of its taxa there are fewer than {min_recordings} recordings"),
    )
    rare = tuple(taxon for taxon in silent.taxa if taxon not in common.taxa)
    return Narrowed(Built(_moved(common, kept, folder), refused), excluded, rare)


def keep_frequent(dataset: Dataset, min_recordings: int) -> Dataset:
    """Forget the taxa with fewer labeled recordings; these stay, with what other labels they have.

    The names of what was forgotten go to the background: whoever looks for a taxon later still finds where it is heard.
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
    """What taxa are called; tables of different makers share names rather than codes, and write them differently."""

    all: frozenset[str]
    """As slugs: `Motacilla flava`, `motacilla_flava` and `motacilla-flava` are one."""
    species: frozenset[str]
    """The first two words of scientific names: a subspecies stands for its species."""

    @classmethod
    def of(cls, taxa: Iterable[Taxon]) -> Self:
        taxa = tuple(taxa)
        names = {slug_of(name) for t in taxa for name in (t.code, t.scientific_name, t.common_name)}
        return cls(frozenset(names) - {""}, frozenset(_species_of(t.scientific_name) for t in taxa) - {""})

    def cover(self, taxon: Taxon) -> bool:
        return any(map(self.include, (taxon.code, taxon.scientific_name, taxon.common_name)))

    def include(self, name: str) -> bool:
        """Return whether it is one of these, or of the same species as one: `Motacilla flava thunbergi`."""
        return slug_of(name) in self.all or _species_of(name) in self.species


def _species_of(name: str) -> str:
    return "-".join(slug_of(name).split("-")[:2])


def _without(dataset: Dataset, taxa: Collection[Taxon], names: Names) -> Dataset:
    """Take away the taxa, and all recordings on which they, or others of these names, are heard."""
    codes = {taxon.code for taxon in taxa}

    def is_silent(clip: Clip) -> bool:
        heard = {*clip.labels, *(event.code for event in dataset.events.get(clip.path, ()))}
        return heard.isdisjoint(codes) and not any(map(names.include, (*heard, *clip.background)))

    clips = tuple(filter(is_silent, dataset.clips))
    return replace(dataset, taxa=tuple(taxon for taxon in dataset.taxa if taxon.code not in codes), clips=clips)


def _refuse(dataset: Dataset, kept: Iterable[Clip], reason: str) -> list[Refused]:
    paths = {clip.path for clip in kept}
    return [Refused(clip.path, clip.license, reason) for clip in dataset.clips if clip.path not in paths]


def _moved(dataset: Dataset, clips: Iterable[Clip], folder: Path) -> Dataset:
    """Return the dataset with these clips alone, their paths as they are seen from another folder."""
    paths = {clip.path: relative_path(dataset.folder / clip.path, folder) for clip in clips}
    moved = tuple(replace(clip, path=paths[clip.path]) for clip in clips)
    events = {paths[path]: found for path, found in dataset.events.items() if path in paths}
    return replace(dataset, folder=folder, clips=moved, events=events)
