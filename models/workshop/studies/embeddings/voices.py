"""The recordings that worlds are made of: voices by taxon, backgrounds, and two pools that share nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.workshop.data.license_terms import Terms
from models.workshop.data.recordings import Recording
from models.workshop.errors import BadInput
from models.workshop.studies.real_recordings.collection import read_index

MIN_INDIVIDUALS = 3
"""One for each role: focal clips, unlabeled soundscapes, test soundscapes."""


@dataclass(frozen=True)
class Pool:
    """Recordings that worlds are drawn from."""

    voices: Mapping[str, Sequence[Path]]
    """By taxon: one recording of each individual, that is of each origin."""
    backgrounds: Sequence[Path]
    """Noises and unlabeled soundscapes, one of each origin; that no voice of a taxon is in them was not checked."""


def read_pools(audio_dir: Path) -> tuple[Pool, Pool]:
    """Return the pool for choosing and the pool that is reported; they share no taxon and no background.

    Taxa are ordered by number of individuals and dealt to both in turn, so that both have rich and poor ones. Raises
    BadInput if the folder does not hold two taxa with enough recordings for each pool.
    """
    recordings = [r for r in read_index(audio_dir / "index.csv") if Terms().refuse(r.license) is None]
    voices = {name: paths for name, paths in _voices(recordings).items() if len(paths) >= MIN_INDIVIDUALS}
    names = sorted(voices, key=lambda name: (-len(voices[name]), name))
    backgrounds = _one_of_each(r for r in recordings if r.kind != "focal")
    pools = [Pool({name: voices[name] for name in names[n::2]}, backgrounds[n::2]) for n in (0, 1)]
    if any(len(pool.voices) < 2 or len(pool.backgrounds) < 2 for pool in pools):
        raise BadInput(
            f"{audio_dir}: worlds need four taxa with {MIN_INDIVIDUALS} recordings of different origin, "
            "and four noises or unlabeled soundscapes"
        )
    return pools[0], pools[1]


def _voices(recordings: Iterable[Recording]) -> dict[str, list[Path]]:
    of_taxon: dict[str, list[Recording]] = defaultdict(list)
    for recording in recordings:
        if recording.kind == "focal":
            of_taxon[recording.labels[0].casefold()].append(recording)
    return {name: _one_of_each(found) for name, found in of_taxon.items()}


def _one_of_each(recordings: Iterable[Recording]) -> list[Path]:
    """Return the first recording of each origin, by path: two cuts of one recording are one individual."""
    first: dict[str, Path] = {}
    for recording in sorted(recordings, key=lambda recording: recording.path):
        first.setdefault(recording.group or str(recording.path), recording.path)
    return list(first.values())
