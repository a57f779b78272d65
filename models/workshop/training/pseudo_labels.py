"""Pseudo-labels: a teacher's scores of unlabeled soundscapes."""

import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.workshop.errors import BadInput
from models.workshop.recipe import PseudoTable
from models.workshop.training.sampling import Weights, voice_weights

Probs = NDArray[np.float32]


@dataclass(frozen=True)
class PseudoLabels:
    """A teacher's probabilities for consecutive parts of soundscapes."""

    codes: tuple[str, ...]
    part_s: float
    probs: dict[str, Probs]
    """By soundscape path: (n_parts, n_taxa)."""
    window_s: float
    """Length of a student's example."""

    def draw(self, rng: np.random.Generator) -> tuple[str, int]:
        """Return a random soundscape, weighted by the sum of its labels, and the first part of an example in it."""
        if not self._paths:
            raise BadInput("all pseudo-labels are 0: the teacher found nothing in the soundscapes")
        path = self._paths[int(rng.choice(len(self._paths), p=self._weights))]
        return path, int(rng.integers(0, max(1, len(self.probs[path]) - self._span + 1)))

    def draw_for(self, labels: tuple[str, ...], rng: np.random.Generator) -> tuple[str, int] | None:
        """Return a random part in which one of these taxa is the most probable one; None if there is none."""
        parts = [part for label in labels for part in self._parts_of.get(label, ())]
        return parts[int(rng.integers(len(parts)))] if parts else None

    def targets(self, path: str, first: int, window_s: float) -> Probs:
        """Return the labels of an example that starts at part `first`: the maximum over its parts, (n_taxa,)."""
        span = max(1, round(window_s / self.part_s))
        return self.probs[path][first : first + span].max(axis=0)

    @cached_property
    def _span(self) -> int:
        return max(1, round(self.window_s / self.part_s))

    @cached_property
    def _paths(self) -> list[str]:
        return [path for path, probs in self.probs.items() if probs.sum() > 0]

    @cached_property
    def _weights(self) -> Weights:
        weights = voice_weights([self.probs[path] for path in self._paths])
        return weights / weights.sum()

    @cached_property
    def _parts_of(self) -> dict[str, list[tuple[str, int]]]:
        parts: dict[str, list[tuple[str, int]]] = {}
        for path in self._paths:
            for number, row in enumerate(self.probs[path]):
                if row.max() > 0:
                    parts.setdefault(self.codes[int(row.argmax())], []).append((path, number))
        return parts


def power_scale(probs: Probs, gamma: float, *, renormalize: bool = False) -> Probs:
    """Return labels raised to a power, any shape (…, n_taxa).

    Low labels shrink and high ones stay, so that noise does not grow from round to round. `renormalize` keeps the sum
    of each part; the first place's author does not do this.
    """
    powered = probs**gamma
    if not renormalize:
        return powered.astype(np.float32)
    sums = powered.sum(axis=-1, keepdims=True)
    scale = np.divide(probs.sum(axis=-1, keepdims=True), sums, out=np.zeros_like(sums), where=sums > 0)
    return np.minimum(powered * scale, 1.0).astype(np.float32)


def refine(labels: PseudoLabels, rules: PseudoTable, round_number: int) -> PseudoLabels:
    """Return the labels for the student of a round (0 is the first): raised to the power, then cut as the rules say."""
    refined: dict[str, Probs] = {}
    for path, probs in labels.probs.items():
        powered = power_scale(probs, rules.gammas[round_number], renormalize=rules.renormalize)
        powered[powered < rules.zero_below] = 0
        powered[probs.max(axis=1) < rules.keep_above] = 0
        refined[path] = powered
    return PseudoLabels(labels.codes, labels.part_s, refined, labels.window_s)


def save_labels(labels: PseudoLabels, path: Path) -> None:
    """Write one .npz, and create its folder; half precision is finer than any teacher's accuracy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"probs/{name}": probs.astype(np.float16) for name, probs in labels.probs.items()}
    np.savez_compressed(path, codes=np.array(labels.codes), part_s=labels.part_s, window_s=labels.window_s, **arrays)


def load_labels(path: Path) -> PseudoLabels:
    """Read labels; raises BadInput for a file that `save_labels` did not write."""
    try:
        with np.load(path) as file:
            arrays = dict(file)
        probs = {
            key.removeprefix("probs/"): value.astype(np.float32)
            for key, value in arrays.items()
            if key.startswith("probs/")
        }
        return PseudoLabels(tuple(arrays["codes"].tolist()), float(arrays["part_s"]), probs, float(arrays["window_s"]))
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path}: is not a file of labels that `pseudo-label` wrote") from error
