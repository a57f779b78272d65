"""What is compared and resampled: whole recordings, or stretches of them where recordings are few."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.workshop.data.manifest import Dataset, Event
from models.workshop.evaluation.events.sources import GRID_S, Scored
from models.workshop.evaluation.events.truth import Block

STRETCH_S = 5.0
FEW = 10
"""With fewer recordings than this, stretches are resampled."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A recording or a stretch of one; times are the recording's."""

    recording: str
    share: float
    """Of the recording."""
    duration_s: float
    truth: tuple[Event, ...]
    found: tuple[Event, ...]
    scores: NDArray[np.float64]
    """(n_grid, n_taxa), 0 where the unit has no part in the recording."""
    owned: NDArray[np.bool_]
    """(n_grid, n_taxa): whether the unit has a part in the recording there."""
    n_others: int

    def active(self, codes: Sequence[str]) -> NDArray[np.bool_]:
        """Return whether an event of each taxon goes on at the middle of each frame, (n_grid, n_taxa)."""
        times_s = (np.arange(len(self.scores)) + 0.5) * GRID_S
        return np.stack([_inside(times_s, [e for e in self.truth if e.code == code]) for code in codes], axis=1)


def make_units(dataset: Dataset, block: Block, scored: Sequence[Scored]) -> list[Unit]:
    """Return a unit for each recording of the block; taxa that the source does not know have scores of 0."""
    columns = [dataset.codes.index(code) for code in block.codes]
    units = []
    for s in scored:
        if s.clip in block.clips:
            scores = np.nan_to_num(s.on_grid()[:, columns].astype(float), nan=0.0)
            truth = tuple(e for e in dataset.events[s.clip.path] if e.code in block.codes)
            found = tuple(e for e in s.events if e.code in block.codes)
            owned = np.ones(scores.shape, bool)
            units.append(Unit(s.clip.path, 1.0, s.clip.duration_s, truth, found, scores, owned, s.n_others))
    return units


def cut_units(units: Sequence[Unit], codes: Sequence[str]) -> list[Unit]:
    """Return what the bootstrap draws from: recordings if there are many, else their stretches of about STRETCH_S."""
    if len(units) >= FEW:
        return list(units)
    return [stretch for unit in units for stretch in _cut(unit, codes)]


def _cut(unit: Unit, codes: Sequence[str]) -> list[Unit]:
    """Return a recording's stretches; no event of the truth is cut: it belongs to the stretch of its middle.

    A found event belongs to the stretch of the true event that it overlaps most, or else to that of its middle.
    """
    n = max(1, round(unit.duration_s / STRETCH_S))
    length_s = unit.duration_s / n

    def stretch_of(event: Event) -> int:
        return min(n - 1, int((event.onset_s + event.offset_s) / 2 / length_s))

    def stretch_of_found(found: Event) -> int:
        overlaps = [(_overlap_s(found, true), true) for true in unit.truth if true.code == found.code]
        most_s, true = max(overlaps, key=lambda pair: pair[0], default=(0.0, found))
        return stretch_of(true if most_s > 0 else found)

    times_s = (np.arange(len(unit.scores)) + 0.5) * GRID_S
    owner = np.tile(np.minimum(times_s / length_s, n - 1).astype(int)[:, None], len(codes))
    for event in unit.truth:
        owner[_inside(times_s, [event]), codes.index(event.code)] = stretch_of(event)
    return [
        replace(
            unit, share=1 / n, duration_s=length_s,
            truth=tuple(e for e in unit.truth if stretch_of(e) == number),
            found=tuple(e for e in unit.found if stretch_of_found(e) == number),
            scores=np.where(owner == number, unit.scores, 0.0), owned=owner == number,
        )
        for number in range(n)
    ]  # fmt: skip


def _overlap_s(a: Event, b: Event) -> float:
    return min(a.offset_s, b.offset_s) - max(a.onset_s, b.onset_s)


def _inside(times_s: NDArray[np.float64], events: Sequence[Event]) -> NDArray[np.bool_]:
    inside = np.zeros(len(times_s), bool)
    for event in events:
        inside |= (event.onset_s <= times_s) & (times_s < event.offset_s)
    return inside
