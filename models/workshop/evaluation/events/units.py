"""What is compared, one recording after another, and how recordings are cut into what the bootstrap draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.workshop.data.manifest import Dataset, Event
from models.workshop.evaluation.events.sources import GRID_S, Scored
from models.workshop.evaluation.events.truth import Block

STRETCH_S = 5.0
FEW = 10
"""With fewer recordings than this, stretches are drawn."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One recording: what is true, and what a source says."""

    recording: str
    duration_s: float
    truth: tuple[Event, ...]
    found: tuple[Event, ...]
    scores: NDArray[np.float64]
    """(n_grid, n_taxa) at GRID_S"""
    n_stretches: int = 1
    """How many parts of equal length the bootstrap draws from; 1: the recording as a whole."""

    def stretch_of(self, times_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the numbers of the stretches that these times are in."""
        numbers = (times_s / self.duration_s * self.n_stretches).astype(np.int64)
        return np.clip(numbers, 0, self.n_stretches - 1)

    def active(self, codes: Sequence[str]) -> NDArray[np.bool_]:
        """Return whether an event of each taxon goes on at the middle of each frame, (n_grid, n_taxa)."""
        active = np.zeros(self.scores.shape, bool)
        for event in self.truth:
            active[self._frames(event), codes.index(event.code)] = True
        return active

    def owners(self, codes: Sequence[str]) -> NDArray[np.int64]:
        """Return the stretch that each frame counts for, (n_grid, n_taxa): that of an event's middle for its frames."""
        times_s = (np.arange(len(self.scores)) + 0.5) * GRID_S
        owners = np.tile(self.stretch_of(times_s)[:, None], len(codes))
        for event in self.truth:
            owners[self._frames(event), codes.index(event.code)] = self.stretch_of(middles([event]))[0]
        return owners

    def _frames(self, event: Event) -> slice:
        first, end = np.ceil(np.array([event.onset_s, event.offset_s]) / GRID_S - 0.5).astype(int)
        return slice(max(0, first), end)


def middles(events: Sequence[Event]) -> NDArray[np.float64]:
    """Return the middles of events in seconds, (n,)."""
    return np.array([(event.onset_s + event.offset_s) / 2 for event in events])


def make_units(dataset: Dataset, block: Block, scored: Sequence[Scored]) -> list[Unit]:
    """Return a unit for each recording of the block; taxa that the source does not know have scores of 0."""
    columns = [dataset.codes.index(code) for code in block.codes]
    few = len(block.clips) < FEW
    return [
        Unit(
            s.clip.path,
            s.clip.duration_s,
            tuple(e for e in dataset.events[s.clip.path] if e.code in block.codes),
            tuple(e for e in s.events if e.code in block.codes),
            np.nan_to_num(s.on_grid()[:, columns].astype(float), nan=0.0),
            max(1, round(s.clip.duration_s / STRETCH_S)) if few else 1,
        )
        for s in scored
        if s.clip in block.clips
    ]
