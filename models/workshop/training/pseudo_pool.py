"""What a student draws pseudo-labeled sound from: one label set, or those of all rounds so far."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.workshop.errors import BadInput
from models.workshop.training.pseudo_labels import Probs, PseudoLabels
from models.workshop.training.sampling import voice_weights


@dataclass(frozen=True, slots=True)
class PseudoPart:
    """An example's place in a soundscape, and its labels: the maximum over its parts, (n_taxa,)."""

    path: str
    start_s: float
    targets: Probs


class PseudoPool:
    """Label sets of the same taxa, pooled: a soundscape is in it once for each of them, with that set's labels."""

    def __init__(self, label_sets: Sequence[PseudoLabels]) -> None:
        """Raise BadInput if the label sets have different taxa."""
        self.codes = label_sets[0].codes
        if any(labels.codes != self.codes for labels in label_sets):
            raise BadInput("the label sets have different taxa, or another order of taxa")
        self._sounding = [(labels, path) for labels in label_sets for path, p in labels.probs.items() if p.sum() > 0]
        weights = voice_weights([labels.probs[path] for labels, path in self._sounding])
        self._weights = weights / weights.sum() if self._sounding else weights
        self._parts_of: dict[str, list[tuple[PseudoLabels, str, int]]] = defaultdict(list)
        for labels, path in self._sounding:
            for number, row in enumerate(labels.probs[path]):
                for column in np.flatnonzero((row > 0) & (row == row.max())):
                    self._parts_of[self.codes[column]].append((labels, path, number))

    @property
    def is_empty(self) -> bool:
        return not self._sounding

    def draw(self, rng: np.random.Generator) -> PseudoPart:
        """Return a random example of a soundscape, drawn by the sum of its taxa's highest labels (first place).

        Raises BadInput if there are no labels.
        """
        if self.is_empty:
            raise BadInput("all pseudo-labels are 0: the teacher found nothing in the soundscapes")
        labels, path = self._sounding[int(rng.choice(len(self._sounding), p=self._weights))]
        return _cut(labels, path, int(rng.integers(0, max(1, len(labels.probs[path]) - labels.span + 1))))

    def draw_for(self, codes: Sequence[str], rng: np.random.Generator) -> PseudoPart | None:
        """Return a random part in which one of these taxa is the most probable one, or one of them; None if none is."""
        parts = [part for code in codes for part in self._parts_of.get(code, ())]
        return _cut(*parts[int(rng.integers(len(parts)))]) if parts else None


class UnlabeledPool(PseudoPool):
    """An experiment's control: soundscapes are drawn by their labels, too, but come without them."""

    def draw(self, rng: np.random.Generator) -> PseudoPart:
        """Return a random example of a soundscape, labeled as silent."""
        part = super().draw(rng)
        return replace(part, targets=np.zeros_like(part.targets))


def _cut(labels: PseudoLabels, path: str, first: int) -> PseudoPart:
    rows = labels.probs[path][first : first + labels.span]
    return PseudoPart(path, first * labels.part_s, rows.max(axis=0))
