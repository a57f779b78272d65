"""Reads the study's collection of real recordings, and maps its labels to taxa with enough recordings."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.data.folders import read_events
from models.workshop.data.manifest import load_taxa, read_rows
from models.workshop.data.recordings import Built, DatasetOptions, Recording, build_dataset
from models.workshop.data.subset import keep_frequent
from models.workshop.evaluation.events.truth import merge_events

MIN_CLIPS = 4
"""A taxon with fewer recordings counts for its class only."""
CLASSES = {
    "bird": Taxon("aves", "Aves", "any bird", "Aves"),
    "frog": Taxon("amphibia", "Amphibia", "any frog or toad", "Amphibia"),
}
ALIASES = {"myrtle warbler": "Yellow-rumped Warbler", "rooster": "Red Junglefowl", "dog bark": "Dog"}
"""The collection's names → BirdNET's names."""
NOISES = frozenset(
    {"Rain", "Sea waves", "Baby cry", "Clock tick", "Person sneeze", "Helicopter", "Chainsaw", "Fire crackling"}
)
_ORIGIN = re.compile(r"freesound \d+|xeno-canto\.org/\d+")


def build_real_dataset(audio_dir: Path, folder: Path, birdnet_taxa: Path, *, n_folds: int, seed: int = 0) -> Built:
    """Return the dataset of `index.csv` and `strong_labels.csv`, with BirdNET's codes so that both can be compared."""
    taxa = (*CLASSES.values(), *load_taxa(birdnet_taxa))
    recordings = list(read_index(audio_dir / "index.csv"))
    # All strongly labeled recordings are of birds, so an event of any species is also an event of the class.
    events = {
        path: [*found, *merge_events(found, CLASSES["bird"].code)]
        for path, found in read_events(audio_dir / "strong_labels.csv").items()
    }
    built = build_dataset(recordings, folder, DatasetOptions(n_folds, seed, taxa=taxa), events)
    return replace(built, dataset=keep_frequent(built.dataset, MIN_CLIPS))


def read_index(index: Path) -> Iterable[Recording]:
    """Yield every recording: noises and unlabeled soundscapes by kind, the others with their taxon and its class."""
    for _, row in read_rows(index, ("file", "label", "group", "label_kind", "source", "licence", "note")):
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


def _labels(label: str, group: str) -> tuple[str, ...]:
    name = ALIASES.get(label.casefold(), label)
    return (name, CLASSES[group].code) if group in CLASSES else (name,)
