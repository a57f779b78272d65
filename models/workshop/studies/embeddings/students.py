"""Trains teachers and students of all worlds: what a line learns from, and what it says of other windows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.workshop.studies.embeddings.bank import Bank
from models.workshop.studies.embeddings.heads import Basis, Loss, Standardizer, train_heads

Matrix = NDArray[np.float32]
SWAP_SHARE = 0.4
"""Of training windows that are a pseudo-labeled part instead of a clip (second place)."""


@dataclass(frozen=True, slots=True)
class Training:
    """How a network is trained that learns from soundscapes, too."""

    decay: float
    share: float
    """Of training windows that have a soundscape mixed in; unused where soundscapes replace clips."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the lines of one loss are trained; chosen on other worlds than those that are reported."""

    loss: Loss
    basis: Basis = "focal"
    clips_decay: float = 0.1
    """Of networks that learn from focal clips alone."""
    students: Mapping[str, Training] = field(default_factory=dict)
    """By name: of control, of oracles, and of the rounds of each chain."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Labels of the unlabeled soundscapes, and how a student uses them."""

    labels: Matrix
    """(W, n_unlabeled, K)"""
    training: Training
    weights: Matrix | None = None
    """How often each soundscape is drawn, (W, n_unlabeled); None: all as often."""
    style: Literal["mix", "swap"] = "mix"
    """Mixed into clips (first place), or instead of clips (second place)."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A network's scores of a bank's windows."""

    unlabeled: Matrix
    """(W, n_unlabeled, K)"""
    test: Matrix
    """(W, n_test, K)"""


class School:
    """A bank with standardized embeddings, and the settings with which networks are trained on it."""

    def __init__(self, bank: Bank, settings: Settings) -> None:
        self.bank, self.settings = bank, settings
        scale = Standardizer.fit(bank.focal, bank.unlabeled, settings.basis)
        self._focal, self._others, self._mixed, self._unlabeled, self._test = (
            scale.apply(windows) for windows in (bank.focal, bank.others, bank.mixed, bank.unlabeled, bank.test)
        )
        self._focal_labels, self._others_labels, self._mixed_labels = (
            np.eye(bank.n_taxa, dtype=np.float32)[taxon]
            for taxon in (bank.focal_taxon, bank.others_taxon, bank.mixed_taxon)
        )

    def teach_clips(self) -> dict[str, Answers]:
        """Return networks that learn from clips alone.

        They learn from one individual of each taxon, from all of them (`baseline`), and from these and the individuals
        that sing in the unlabeled soundscapes.
        """
        inputs = np.concatenate([self._focal, self._others], axis=1)
        targets = np.concatenate([self._focal_labels, self._others_labels], axis=1)
        first, every = (self.bank.focal_individual == 0).astype(np.float32), np.ones_like(self.bank.focal_individual)
        none, others = np.zeros_like(self.bank.others_taxon), np.ones_like(self.bank.others_taxon)
        weights = {
            "one individual": np.concatenate([first, none], axis=1),
            "baseline": np.concatenate([every, none], axis=1),
            "all individuals": np.concatenate([every, others], axis=1),
        }
        return self._train(inputs, dict.fromkeys(weights, targets), weights, self.settings.clips_decay)

    def teach(self, lessons: Mapping[str, Lesson]) -> dict[str, Answers]:
        """Return a student of each lesson, by its name."""
        alike: dict[tuple[str, float], dict[str, Lesson]] = defaultdict(dict)
        for name, lesson in lessons.items():
            alike[lesson.style, lesson.training.decay][name] = lesson
        answers: dict[str, Answers] = {}
        for (style, decay), chosen in alike.items():
            other = self._mixed if style == "mix" else self._unlabeled
            inputs = np.concatenate([self._focal, other], axis=1)
            targets = {name: self._targets(lesson) for name, lesson in chosen.items()}
            weights = {name: self._weights(lesson) for name, lesson in chosen.items()}
            answers |= self._train(inputs, targets, weights, decay)
        return {name: answers[name] for name in lessons}

    def _targets(self, lesson: Lesson) -> Matrix:
        if lesson.style == "swap":
            return np.concatenate([self._focal_labels, lesson.labels], axis=1)
        mixed_in = np.take_along_axis(lesson.labels, self.bank.mixed_soundscape[..., None], axis=1)
        return np.concatenate([self._focal_labels, np.maximum(self._mixed_labels, mixed_in)], axis=1)

    def _weights(self, lesson: Lesson) -> Matrix:
        """Return the weight of each training window: clips, then mixtures or soundscapes, of their share."""
        other = np.ones(lesson.labels.shape[:2], np.float32) if lesson.weights is None else lesson.weights
        share = SWAP_SHARE
        if lesson.style == "mix":
            other, share = np.take_along_axis(other, self.bank.mixed_soundscape, axis=1), lesson.training.share
        sums = other.sum(axis=1, keepdims=True)
        clips = np.full(self._focal.shape[:2], (1 - share) / self._focal.shape[1], np.float32)
        return np.concatenate([clips, share * other / np.maximum(sums, 1e-9)], axis=1)

    def _train(
        self, inputs: Matrix, targets: Mapping[str, Matrix], weights: Mapping[str, Matrix], decay: float
    ) -> dict[str, Answers]:
        rows, shares = np.stack(list(targets.values())), np.stack(list(weights.values()))
        heads = train_heads(inputs, rows, shares, self.settings.loss, decay)
        pairs = zip(targets, heads.score(self._unlabeled), heads.score(self._test), strict=True)
        return {name: Answers(unlabeled, test) for name, unlabeled, test in pairs}
