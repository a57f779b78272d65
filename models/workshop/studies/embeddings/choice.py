"""Chooses how heads are trained, on worlds that are not reported."""

from itertools import product
from typing import get_args

import numpy as np

from models.workshop.studies.embeddings.bank import Bank
from models.workshop.studies.embeddings.heads import Basis, Loss
from models.workshop.studies.embeddings.lines import CHAINS, Results, bounds, measure
from models.workshop.studies.embeddings.students import School, Settings

DECAYS = (0.01, 0.1, 1.0, 10.0, 100.0)
SHARES = (0.5, 0.9)


def choose_settings(bank: Bank, loss: Loss) -> Settings:
    """Return the settings with the highest macro ROC-AUC in these worlds.

    Basis and decay of the clips' networks are chosen by the baseline alone: a basis that weakens the baseline makes any
    student look good. Decay and share of mixtures are chosen by the mean of control, oracle and first rounds, so that
    they favor none of the lines.
    """
    candidates = [Settings(loss, basis, decay) for basis, decay in product(get_args(Basis), DECAYS)]
    best = max(candidates, key=lambda settings: _baseline(bank, settings))
    candidates = [
        Settings(loss, best.basis, best.clips_decay, decay, share) for decay, share in product(DECAYS, SHARES)
    ]
    return max(candidates, key=lambda settings: _students(bank, settings))


def _baseline(bank: Bank, settings: Settings) -> float:
    return _mean(measure(bank, {"baseline": School(bank, settings).teach_clips()["baseline"]}))


def _students(bank: Bank, settings: Settings) -> float:
    school = School(bank, settings)
    probs = school.teach_clips()["baseline"].unlabeled
    lessons = bounds(bank) | {name: chain.prepare(probs, 0) for name, chain in CHAINS.items() if name != "powers"}
    return _mean(measure(bank, school.teach(lessons)))


def _mean(results: Results) -> float:
    return float(np.mean([values[:, 0].mean() for values in results.values()]))
