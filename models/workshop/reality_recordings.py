"""The collection of real recordings that `reality` learns from: its own words → taxa that there is enough of."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from models.workshop.folders import read_events
from models.workshop.manifest import Dataset, Event, load_taxa
from models.workshop.recordings import Built, DatasetOptions, Recording, build_dataset
from services.domain.taxonomy import Taxon

MIN_CLIPS = 4
"""A taxon with fewer recordings only counts for its class."""
CLASSES = {
    "bird": Taxon("aves", "Aves", "any bird", "Aves"),
    "frog": Taxon("amphibia", "Amphibia", "any frog or toad", "Amphibia"),
}
ALIASES = {"myrtle warbler": "Yellow-rumped Warbler", "rooster": "Red Junglefowl", "dog bark": "Dog"}
"""What BirdNET calls them."""
NOISES = frozenset(
    {"Rain", "Sea waves", "Baby cry", "Clock tick", "Person sneeze", "Helicopter", "Chainsaw", "Fire crackling"}
)
_ORIGIN = re.compile(r"freesound \d+|xeno-canto\.org/\d+")


def build_real_dataset(audio_dir: Path, folder: Path, birdnet_taxa: Path, *, n_folds: int, seed: int = 0) -> Built:
    """Make the dataset of `index.csv` and `strong_labels.csv`; codes are BirdNET's, so that both can be compared."""
    taxa = (*CLASSES.values(), *load_taxa(birdnet_taxa))
    recordings = list(read_index(audio_dir / "index.csv"))
    # Every voice in the strongly labeled recordings is a bird's, so an event of a species is one of the class, too.
    events = {
        path: [*found, *merge_events(found, CLASSES["bird"].code)]
        for path, found in read_events(audio_dir / "strong_labels.csv").items()
    }
    built = build_dataset(recordings, folder, DatasetOptions(n_folds, seed, taxa=taxa), events)
    return replace(built, dataset=keep_frequent(built.dataset))


def read_index(index: Path) -> Iterable[Recording]:
    """Read every recording: noises and unlabeled soundscapes as such, the others with their taxon and its class."""
    with index.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            origin = _ORIGIN.search(row["note"])
            recording = Recording(
                index.parent / row["file"], (), row["licence"], row["source"], origin.group() if origin else row["note"]
            )
            if row["label_kind"].startswith("none"):
                yield replace(recording, kind="soundscape")
            elif row["label"] in NOISES:
                yield replace(recording, kind="noise")
            else:
                yield replace(recording, labels=_labels(row["label"], row["group"]))


def merge_events(events: Sequence[Event], code: str) -> list[Event]:
    """Give the stretches in which any of the events sounds, as events of `code`."""
    merged: list[Event] = []
    for event in sorted(events, key=lambda event: event.onset_s):
        if merged and event.onset_s <= merged[-1].offset_s:
            merged[-1] = replace(merged[-1], offset_s=max(merged[-1].offset_s, event.offset_s))
        else:
            merged.append(Event(code, event.onset_s, event.offset_s))
    return merged


def keep_frequent(dataset: Dataset, min_clips: int = MIN_CLIPS) -> Dataset:
    """Forget the taxa of which there are too few recordings; their clips keep the label of the class."""
    counts = Counter(code for clip in dataset.clips for code in clip.labels)
    taxa = tuple(taxon for taxon in dataset.taxa if counts[taxon.code] >= min_clips)
    codes = {taxon.code for taxon in taxa}
    clips = tuple(replace(clip, labels=tuple(c for c in clip.labels if c in codes)) for clip in dataset.clips)
    events = {path: tuple(e for e in found if e.code in codes) for path, found in dataset.events.items()}
    return replace(dataset, taxa=taxa, clips=clips, events=events)


def _labels(label: str, group: str) -> tuple[str, ...]:
    name = ALIASES.get(label.casefold(), label)
    return (name, CLASSES[group].code) if group in CLASSES else (name,)
