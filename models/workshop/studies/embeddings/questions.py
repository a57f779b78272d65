"""How much unlabeled sound a student needs, how strong a teacher, and what the basis decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from models.workshop.studies.embeddings.bank import Bank
from models.workshop.studies.embeddings.heads import Basis
from models.workshop.studies.embeddings.lines import POWERS, Results, bounds, measure, measure_scores, run_rounds
from models.workshop.studies.embeddings.students import Answers, Lesson, Matrix, School, Settings
from models.workshop.training.pseudo_labels import power_scale

PARTS = {"an eighth": 8, "a quarter": 4, "half": 2, "all": 1}
"""Of the unlabeled soundscapes, and with them of the mixtures."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The answer to a question: changes against the baseline for each row and column."""

    columns: tuple[str, ...]
    rows: Mapping[str, tuple[Results, tuple[str, ...]]]
    """By title: results with a baseline, and the line of each column."""


def ask_amount(school: School, baseline: Answers) -> Grid:
    """Return what control, round 1 and oracle gain with a part of the soundscapes, the first ones."""
    columns = ("control", "round 1", "oracle")
    truth = school.bank.unlabeled_truth
    students = [school.settings.students[name] for name in ("control", "plain", "oracle")]
    labels = (np.zeros_like(truth), baseline.unlabeled, truth)
    lessons = {
        f"{column}, {title}": Lesson(heard, training, _first(truth, part))
        for title, part in PARTS.items()
        for column, heard, training in zip(columns, labels, students, strict=True)
    }
    results = measure(school.bank, {"baseline": baseline} | school.teach(lessons))
    return Grid(columns, {t: (results, tuple(f"{column}, {t}" for column in columns)) for t in PARTS})


def ask_teacher(school: School, clips: Mapping[str, Answers]) -> Grid:
    """Return what a student gains by teachers of different strength, with plain labels and with round 2's power."""
    bank, columns = school.bank, ("plain", "power 1/0.65")
    rows = {}
    for title, labels in _teachers(bank, clips).items():
        training = school.settings.students["plain"]
        lessons = {c: Lesson(power_scale(labels, p), training) for c, p in zip(columns, POWERS[:2], strict=True)}
        results = measure(bank, {"baseline": clips["baseline"]} | school.teach(lessons))
        strength = measure_scores(bank.unlabeled_truth, labels)[:, 0].mean()
        rows[f"{title} ({strength:.2f})"] = (results, columns)
    return Grid(columns, rows)


def ask_basis(bank: Bank, settings: Settings) -> Grid:
    """Return what the main lines gain where features are standardized otherwise; the baseline is that basis's own."""
    columns = ("control", "oracle", "round 1, plain", "round 4, plain", "round 4, powers")
    rows = {}
    for basis in get_args(Basis):
        school = School(bank, replace(settings, basis=basis))
        baseline = school.teach_clips()["baseline"]
        students = school.teach(bounds(bank, settings.students)) | run_rounds(school, baseline)
        results = measure(bank, {"baseline": baseline} | students)
        rows[f"{basis}: baseline {results['baseline'][:, 0].mean():.3f}"] = (results, columns)
    return Grid(columns, rows)


def _first(truth: Matrix, part: int) -> Matrix:
    n_worlds, n_unlabeled, _ = truth.shape
    return np.tile(np.arange(n_unlabeled) < n_unlabeled // part, (n_worlds, 1)).astype(np.float32)


def _teachers(bank: Bank, clips: Mapping[str, Answers]) -> dict[str, Matrix]:
    """Return teachers' labels of the unlabeled soundscapes, from the worst to the best."""
    half = bank.unlabeled.shape[1] // 2
    shuffled = clips["baseline"].unlabeled.copy()
    shuffled[:, :half] = np.roll(shuffled[:, :half], 1, axis=1)
    return {
        "baseline, half of the windows with another window's labels": shuffled,
        "clips of one individual for each taxon": clips["one individual"].unlabeled,
        "baseline": clips["baseline"].unlabeled,
        "clips of the soundscapes' individuals, too": clips["all individuals"].unlabeled,
        "truth": bank.unlabeled_truth,
    }
