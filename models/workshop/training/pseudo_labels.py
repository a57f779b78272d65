"""Pseudo-labels: a teacher's scores of unlabeled soundscapes."""

import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.workshop.data.whole_file import written_whole
from models.workshop.errors import BadInput
from models.workshop.recipe import PseudoTable

Probs = NDArray[np.float32]


@dataclass(frozen=True)
class PseudoLabels:
    """A teacher's probabilities for consecutive parts of soundscapes: a label set."""

    codes: tuple[str, ...]
    part_s: float
    probs: dict[str, Probs]
    """By soundscape path: (n_parts, n_taxa)."""
    window_s: float
    """Length of a student's example."""

    @property
    def span(self) -> int:
        """The number of parts in an example."""
        return max(1, round(self.window_s / self.part_s))

    def columns_of(self, codes: Sequence[str]) -> "PseudoLabels":
        """Return the labels of these taxa, in this order; raises BadInput if one has no labels."""
        if missing := [code for code in codes if code not in self.codes]:
            raise BadInput(f"the pseudo-labels lack {', '.join(missing[:3])}: label with a pack that knows all taxa")
        columns = [self.codes.index(code) for code in codes]
        return replace(self, codes=tuple(codes), probs={path: probs[:, columns] for path, probs in self.probs.items()})

    def without(self, paths: Collection[str]) -> "PseudoLabels":
        """Return the label set without some soundscapes."""
        return replace(self, probs={path: probs for path, probs in self.probs.items() if path not in paths})


def power_scale(probs: Probs, gamma: float, scaling: str = "elementwise") -> Probs:
    """Return labels raised to a power, any shape (…, n_taxa).

    Low labels shrink and high ones stay, so that noise does not grow from round to round: p^gamma, `elementwise`, as
    the first place's author computes them. `sum_to_one` divides by the sum over taxa, as summaries of the solution
    write it; a part without labels stays without.
    """
    powered = probs**gamma
    if scaling == "elementwise":
        return powered.astype(np.float32)
    sums = powered.sum(axis=-1, keepdims=True)
    return np.divide(powered, sums, out=np.zeros_like(powered), where=sums > 0).astype(np.float32)


def refine(labels: PseudoLabels, rules: PseudoTable, round_number: int) -> PseudoLabels:
    """Return the labels for the student of a round (0 is the first): raised to the power, then cut as the rules say.

    Raises BadInput if the recipe has no such round.
    """
    if round_number >= len(rules.gammas):
        raise BadInput(
            f"pseudo.gammas: the recipe has {len(rules.gammas)} rounds of pseudo-labels, none with number "
            f"{round_number + 1}: add its power, or choose another round"
        )
    refined: dict[str, Probs] = {}
    for path, probs in labels.probs.items():
        powered = power_scale(probs, rules.gammas[round_number], rules.scaling)
        powered[powered < rules.zero_below] = 0
        powered[probs.max(axis=1) < rules.keep_above] = 0
        refined[path] = powered
    return PseudoLabels(labels.codes, labels.part_s, refined, labels.window_s)


def save_labels(labels: PseudoLabels, path: Path) -> None:
    """Write one file in numpy's format, and create its folder; half precision is finer than any teacher's accuracy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"probs/{name}": probs.astype(np.float16) for name, probs in labels.probs.items()}
    with written_whole(path) as partial, partial.open("wb") as file:  # numpy would add .npz to another name
        np.savez_compressed(
            file, codes=np.array(labels.codes), part_s=labels.part_s, window_s=labels.window_s, **arrays
        )


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
