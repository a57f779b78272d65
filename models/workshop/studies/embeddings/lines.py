"""What is compared: baseline, control, oracle and rounds, each a network in every world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.workshop.evaluation.metrics import measure_windows
from models.workshop.studies.embeddings.bank import Bank
from models.workshop.studies.embeddings.students import Answers, Lesson, Matrix, School, Training
from models.workshop.training.pseudo_labels import power_scale

Results = dict[str, NDArray[np.float64]]
"""By line: macro ROC-AUC and cmAP, (n_worlds, 2)."""

POWERS = (1.0, 1 / 0.65, 1 / 0.55, 1 / 0.6)
"""The first place's, of rounds 1 to 4."""
KEEP_ABOVE, ZERO_BELOW = 0.5, 0.1
"""The second place's: parts with a higher label are kept, lower labels of them are zero."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Rounds that follow each other: what is done to the ensemble's scores before a student learns from them."""

    powers: Sequence[float] = (1.0,) * 4
    scaling: str = "elementwise"
    hard: bool = False
    """Parts replace clips, if their label is high (second place); else they are mixed into clips."""
    by_voices: bool = False
    """Soundscapes are drawn by the sum of their labels (first place); else all as often."""

    def prepare(self, probs: Matrix, number: int, training: Training) -> Lesson:
        """Return what the student of a round learns, from scores (W, n_unlabeled, K); 0 is the first round."""
        labels = power_scale(probs, self.powers[number], self.scaling)
        if not self.hard:
            return Lesson(labels, training, labels.sum(axis=2) if self.by_voices else None)
        kept = (probs.max(axis=2) > KEEP_ABOVE).astype(np.float32)
        return Lesson(np.where(labels < ZERO_BELOW, np.float32(0), labels), training, kept, "swap")


BOUNDS = ("control", "oracle", "oracle, hard swap")
CHAINS = {
    "plain": Chain(),
    "powers": Chain(POWERS),
    "powers, sum to one": Chain(POWERS, "sum_to_one"),
    "powers, drawn by voices": Chain(POWERS, by_voices=True),
    "hard swap": Chain(hard=True),
}


def measure(bank: Bank, answers: Mapping[str, Answers]) -> Results:
    """Return the metrics of each line in each world, on the test soundscapes."""
    return {name: measure_scores(bank.test_truth, found.test) for name, found in answers.items()}


def measure_scores(truth: Matrix, scores: Matrix) -> NDArray[np.float64]:
    """Return macro ROC-AUC and cmAP of each world, (W, 2), of windows (W, n, K)."""
    pairs = zip(truth.astype(np.float64), scores.astype(np.float64), strict=True)
    found = [measure_windows(t, s) for t, s in pairs]
    return np.array([[metrics.macro_auroc, metrics.cmap] for metrics in found])


def bounds(bank: Bank, students: Mapping[str, Training]) -> dict[str, Lesson]:
    """Return what control and oracle learn: no labels of the soundscapes, and the true ones."""
    truth = bank.unlabeled_truth
    return {
        "control": Lesson(np.zeros_like(truth), students["control"]),
        "oracle": Lesson(truth, students["oracle"]),
        "oracle, hard swap": Lesson(truth, students["oracle, hard swap"], style="swap"),
    }


def run_rounds(school: School, baseline: Answers) -> dict[str, Answers]:
    """Return the students of four rounds of every chain, each taught by the mean of all its chain's networks so far."""
    networks = {name: [baseline] for name in CHAINS}
    for number in range(len(POWERS)):
        lessons = {
            name: CHAINS[name].prepare(
                np.mean([network.unlabeled for network in so_far], axis=0), number, school.settings.students[name]
            )
            for name, so_far in networks.items()
        }
        for name, student in school.teach(lessons).items():
            networks[name].append(student)
    return {
        f"round {number}, {name}": student
        for name, so_far in networks.items()
        for number, student in enumerate(so_far[1:], start=1)
    }
