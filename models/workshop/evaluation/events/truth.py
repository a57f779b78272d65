"""Recordings with known onsets and offsets, and the blocks in which they are measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from statistics import median

from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.audio.probe import measure_duration_s
from models.workshop.data.folders import read_events
from models.workshop.data.manifest import Clip, Dataset, Event, load_dataset, read_rows
from models.workshop.errors import BadInput

ANY_BIRD = Taxon("any-bird", "Aves", "any bird", "Aves")
SHORT_S = 0.25
"""Taxa whose median event is shorter are measured apart: the packs' frames are no finer."""
_CLASSES = {"bird": "Aves", "frog": "Amphibia", "insect": "Insecta"}


@dataclass(frozen=True, slots=True)
class Block:
    """Taxa and recordings that are measured together."""

    title: str
    codes: tuple[str, ...]
    clips: tuple[Clip, ...]
    """Those with an event of these taxa."""


def load_recordings(path: Path, folds: Iterable[int] = ()) -> Dataset:
    """Return the recordings with known events of a folder (index.csv, strong_labels.csv) or of a manifest.

    `folds` restricts a manifest; empty: all. Events of a taxon that touch become one; what is beyond a recording's end
    is cut off. The last taxon is "any bird", whose events are those of all birds; in a folder the group of the
    recordings says what is a bird, and labels that differ in case only are one taxon. Raises BadInput if no recording
    has an event, or if an event begins after the end.
    """
    dataset = _load_folder(path) if path.is_dir() else _load_manifest(path, set(folds))
    if not dataset.clips:
        raise BadInput(f"{path}: no recording has known events; see --folds if this is a manifest")
    birds = {taxon.code for taxon in dataset.taxa if taxon.taxonomic_class == "Aves"}
    merged = {}
    for clip in dataset.clips:
        events = _cut_at_end(clip, dataset.events[clip.path])
        by_taxon = [[e for e in events if e.code == code] for code in dict.fromkeys(e.code for e in events)]
        any_bird = merge_events([e for e in events if e.code in birds], ANY_BIRD.code)
        merged[clip.path] = (*chain.from_iterable(merge_events(es, es[0].code) for es in by_taxon), *any_bird)
    return replace(dataset, taxa=(*dataset.taxa, ANY_BIRD), events=merged)


def merge_events(events: Sequence[Event], code: str) -> list[Event]:
    """Return the union of the events as events of `code`: those that overlap or touch are merged."""
    merged: list[Event] = []
    for event in sorted(events, key=lambda event: event.onset_s):
        if merged and event.onset_s <= merged[-1].offset_s:
            merged[-1] = replace(merged[-1], offset_s=max(merged[-1].offset_s, event.offset_s))
        else:
            merged.append(Event(code, event.onset_s, event.offset_s))
    return merged


def _cut_at_end(clip: Clip, events: Iterable[Event]) -> list[Event]:
    cut = [replace(event, offset_s=min(event.offset_s, clip.duration_s)) for event in events]
    for event in cut:
        if event.onset_s >= event.offset_s:
            raise BadInput(f"{clip.path}: an event at {event.onset_s:g} s; the recording ends at {clip.duration_s:g} s")
    return cut


def make_blocks(dataset: Dataset, known: Iterable[str]) -> tuple[Block, ...]:
    """Return the blocks: taxa that are `known` (codes), taxa of short notes, and any bird, as far as there are any.

    "Any bird" is measured on the recordings of birds that do not sing short notes, known or not.
    """
    lengths_s: dict[str, list[float]] = {}
    for event in chain.from_iterable(dataset.events.values()):
        lengths_s.setdefault(event.code, []).append(event.offset_s - event.onset_s)
    heard = [taxon for taxon in dataset.taxa if taxon.code in lengths_s and taxon != ANY_BIRD]
    short = {taxon.code for taxon in heard if median(lengths_s[taxon.code]) < SHORT_S}
    usable = [taxon.code for taxon in heard if taxon.code in set(known)]
    birds = [taxon.code for taxon in heard if taxon.taxonomic_class == ANY_BIRD.taxonomic_class]
    blocks = (
        _block(dataset, "Taxa", [code for code in usable if code not in short]),
        _block(dataset, f"Notes shorter than {SHORT_S} s", [code for code in usable if code in short]),
        replace(_block(dataset, "Any bird", [code for code in birds if code not in short]), codes=(ANY_BIRD.code,)),
    )
    return tuple(block for block in blocks if block.clips)


def _block(dataset: Dataset, title: str, codes: Sequence[str]) -> Block:
    clips = tuple(clip for clip in dataset.clips if any(e.code in codes for e in dataset.events[clip.path]))
    return Block(title, tuple(codes), clips)


def _load_manifest(manifest: Path, folds: set[int]) -> Dataset:
    dataset = load_dataset(manifest)
    chosen = [clip for clip in dataset.choose(folds=folds or None) if dataset.events.get(clip.path)]
    return replace(dataset, clips=tuple(chosen))


def _load_folder(folder: Path) -> Dataset:
    found = read_events(folder / "strong_labels.csv")
    clips: list[Clip] = []
    taxa: dict[str, Taxon] = {}
    events: dict[str, tuple[Event, ...]] = {}
    listed: set[Path] = set()
    for where, row in read_rows(folder / "index.csv", ("file", "group", "source", "licence")):
        path = folder / row["file"]
        if path not in found:
            continue
        if not path.exists():
            raise BadInput(f"{where}: {path} is missing")
        if path in listed:
            raise BadInput(f"{where}: {row['file']} is listed twice")
        listed.add(path)
        taxonomic_class = _CLASSES.get(row["group"].strip().casefold(), row["group"])
        for label in (event.code for event in found[path]):  # case does not matter to packs either
            taxa.setdefault(label.casefold(), Taxon(label, label, label, taxonomic_class))
        own = tuple(replace(event, code=taxa[event.code.casefold()].code) for event in found[path])
        labels = tuple(dict.fromkeys(event.code for event in own))
        duration_s = measure_duration_s(path)
        clips.append(Clip(row["file"], labels, row["file"], row["licence"], row["source"], 0, duration_s))
        events[row["file"]] = own
    if unlisted := [path for path in found if path not in listed]:
        raise BadInput(f"{folder / 'index.csv'}: {unlisted[0]} of strong_labels.csv is not listed")
    return Dataset(folder, tuple(taxa.values()), tuple(clips), events)
