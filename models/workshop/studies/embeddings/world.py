"""A world: which taxa, whose voices in which role, and the sounds that are made of them.

No recording has two roles: individuals of focal clips, of unlabeled and of test soundscapes differ, and so do the
backgrounds of training and test.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.workshop.studies.embeddings.voices import Pool
from models.workshop.training.crops import lengthen, whole_file
from models.workshop.training.mixing import Waveform, mix_pseudo, scale_to_peak

Load = Callable[[Path], Waveform]
Matrix = NDArray[np.float32]
Indices = NDArray[np.int64]

MOST_INDIVIDUALS = 6
"""Of a taxon in a world: a third for each role."""


@dataclass(frozen=True, slots=True)
class WorldSize:
    """How much sound a world has; all counts are windows."""

    taxa: int = 6
    focal_per_taxon: int = 6
    unlabeled: int = 128
    test: int = 128
    mixed_per_soundscape: int = 2
    """How often an unlabeled window is mixed into a focal clip, each time another clip."""
    voices: tuple[float, ...] = (0.2, 0.35, 0.3, 0.15)
    """Shares of soundscape windows with 0, 1, 2, … voices."""
    voice_db: tuple[float, float] = (-30.0, 0.0)
    """Peak of a voice in a soundscape, relative to its background's peak; uniform."""


@dataclass(frozen=True, slots=True)
class Roles:
    """A world's recordings, by role; of voices one sequence for each taxon."""

    taxa: Sequence[str]
    focal: Sequence[Sequence[Path]]
    unlabeled: Sequence[Sequence[Path]]
    test: Sequence[Sequence[Path]]
    training_backgrounds: Sequence[Path]
    test_backgrounds: Sequence[Path]


def draw_roles(pool: Pool, n_taxa: int, rng: np.random.Generator) -> Roles:
    """Draw a world's taxa, and deal each taxon's individuals and all backgrounds to the roles."""
    names = rng.permutation(sorted(pool.voices))[:n_taxa]
    dealt = [rng.permutation(len(pool.voices[name]))[:MOST_INDIVIDUALS] for name in names]
    roles = [
        [[pool.voices[name][i] for i in order[role::3]] for name, order in zip(names, dealt, strict=True)]
        for role in range(3)
    ]
    order = rng.permutation(len(pool.backgrounds))
    backgrounds = [[pool.backgrounds[i] for i in order[half::2]] for half in (0, 1)]
    return Roles([str(name) for name in names], *roles, *backgrounds)


class WorldSounds:
    """Makes a world's windows, each a waveform (length,)."""

    def __init__(self, size: WorldSize, length: int, load: Load, rng: np.random.Generator) -> None:
        self._size, self._length, self._load, self._rng = size, length, load, rng

    def clips(self, voices: Sequence[Sequence[Path]]) -> tuple[list[Waveform], Indices, Indices]:
        """Return as many clips of each taxon, at the same peak; the taxon and the individual of each, (n_clips,)."""
        n = self._size.focal_per_taxon
        taxon, number = (axis.ravel() for axis in np.divmod(np.arange(len(voices) * n), n))
        individual = np.array([i % len(voices[t]) for t, i in zip(taxon, number, strict=True)])
        waves = [self._crop(voices[t][i]) for t, i in zip(taxon, individual, strict=True)]
        return waves, taxon, individual

    def soundscapes(
        self, voices: Sequence[Sequence[Path]], backgrounds: Sequence[Path], n: int
    ) -> tuple[list[Waveform], Matrix]:
        """Return soundscapes, and who sings in each: 0 or 1, (n, n_taxa)."""
        truth = np.zeros((n, len(voices)), np.float32)
        waves = []
        for row in truth:
            wave = self._crop(self._pick(backgrounds))
            count = int(self._rng.choice(len(self._size.voices), p=self._size.voices))
            for taxon in self._rng.permutation(len(voices))[:count]:
                gain = 10 ** (self._rng.uniform(*self._size.voice_db) / 20)
                wave = wave + np.float32(gain) * self._crop(self._pick(voices[taxon]))
                row[taxon] = 1
            waves.append(scale_to_peak(wave))
        return waves, truth

    def mixtures(
        self, voices: Sequence[Sequence[Path]], soundscapes: Sequence[Waveform]
    ) -> tuple[list[Waveform], Indices, Indices]:
        """Return focal clips with a soundscape mixed in, each soundscape as often; taxon and soundscape of each."""
        which = np.repeat(np.arange(len(soundscapes)), self._size.mixed_per_soundscape)
        taxon = self._rng.permutation(np.arange(len(which)) % len(voices))
        none = np.zeros(0, np.float32)
        waves = [
            mix_pseudo((self._crop(self._pick(voices[t])), none), (soundscapes[s], none))[0]
            for t, s in zip(taxon, which, strict=True)
        ]
        return waves, taxon, which

    def _pick(self, paths: Sequence[Path]) -> Path:
        return paths[int(self._rng.integers(len(paths)))]

    def _crop(self, path: Path) -> Waveform:
        whole = lengthen(self._load(path), self._length, "zeros")
        return scale_to_peak(whole_file(whole, self._length, 0, self._rng)[1])
