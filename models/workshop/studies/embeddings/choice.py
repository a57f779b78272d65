"""Chooses how heads are trained, on worlds that are not reported."""

from collections.abc import Sequence
from itertools import product
from typing import get_args

from models.workshop.studies.embeddings.bank import Bank
from models.workshop.studies.embeddings.heads import Basis, Loss
from models.workshop.studies.embeddings.lines import BOUNDS, CHAINS, bounds, measure
from models.workshop.studies.embeddings.students import Answers, School, Settings, Training

DECAYS = (100.0, 10.0, 1.0, 0.1, 0.01)
SHARES = (0.1, 0.25, 0.5, 0.9)
TOLERANCE = 0.001
"""A smaller difference of ROC-AUC decides nothing: most decays are as good, and another number of threads rounds
differently."""


def choose_settings(bank: Bank, loss: Loss) -> Settings:
    """Return the first settings with the highest macro ROC-AUC in these worlds, within the tolerance.

    Basis and decay of the clips' networks are chosen by the baseline alone: a basis that weakens the baseline makes any
    student look good. Decay and share of mixtures are chosen for each line by itself, for a chain by its first round:
    settings that suit the rounds better than the control would make its mixtures look useless.
    """
    candidates = [Settings(loss, basis, decay) for basis, decay in product(get_args(Basis), DECAYS)]
    best = candidates[first_best([_measure_baseline(bank, settings) for settings in candidates])]
    school = School(bank, best)
    baseline = school.teach_clips()["baseline"]
    trainings = [Training(decay, share) for decay, share in product(DECAYS, SHARES)]
    found = [_measure_students(school, baseline, training) for training in trainings]
    students = {name: trainings[first_best([aurocs[name] for aurocs in found])] for name in found[0]}
    return Settings(loss, best.basis, best.clips_decay, students)


def first_best(aurocs: Sequence[float]) -> int:
    """Return the number of the first that is as good as the best, within the tolerance."""
    return next(number for number, auroc in enumerate(aurocs) if auroc > max(aurocs) - TOLERANCE)


def _measure_baseline(bank: Bank, settings: Settings) -> float:
    found = measure(bank, {"baseline": School(bank, settings).teach_clips()["baseline"]})
    return float(found["baseline"][:, 0].mean())


def _measure_students(school: School, baseline: Answers, training: Training) -> dict[str, float]:
    lessons = bounds(school.bank, dict.fromkeys(BOUNDS, training))
    lessons |= {name: chain.prepare(baseline.unlabeled, 0, training) for name, chain in CHAINS.items()}
    del lessons["powers"]  # the first is 1: as `plain`, with which it is compared
    aurocs = {name: float(found[:, 0].mean()) for name, found in measure(school.bank, school.teach(lessons)).items()}
    return aurocs | {"powers": aurocs["plain"]}
