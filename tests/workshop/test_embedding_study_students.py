"""What students of the study on embeddings learn from, in a world of two taxa and two soundscapes."""

import numpy as np
import pytest

from models.workshop.studies.embeddings import students
from models.workshop.studies.embeddings.bank import Bank
from models.workshop.studies.embeddings.heads import Heads
from models.workshop.studies.embeddings.lines import run_rounds
from models.workshop.studies.embeddings.students import Answers, Lesson, School, Settings


def windows(n: int) -> np.ndarray:
    return np.random.default_rng(n).normal(size=(1, n, 3)).astype(np.float32)


BANK = Bank(
    focal=windows(4), focal_taxon=np.array([[0, 0, 1, 1]]), focal_individual=np.array([[0, 1, 0, 1]]),
    others=windows(2), others_taxon=np.array([[0, 1]]),
    unlabeled=windows(2), unlabeled_truth=np.array([[[0, 0], [0, 1]]], np.float32),
    mixed=windows(4), mixed_taxon=np.array([[0, 1, 0, 1]]), mixed_soundscape=np.array([[0, 0, 1, 1]]),
    test=windows(3), test_truth=np.array([[[0, 1], [1, 0], [1, 1]]], np.float32),
)  # fmt: skip
CLIPS = [[1, 0], [1, 0], [0, 1], [0, 1]]
LABELS = np.array([[[0.1, 0.2], [0.3, 0.9]]], np.float32)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the targets and normalized weights of each training, (N, K) and (N,), as they are trained."""
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def note(_inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray, *_options: object) -> Heads:
        seen.extend((t[0], w[0] / w[0].sum()) for t, w in zip(targets, weights, strict=True))
        n_outputs = len(targets) * targets.shape[-1]
        return Heads(np.zeros((1, 3, n_outputs), np.float32), np.zeros((1, 1, n_outputs), np.float32), len(targets))

    monkeypatch.setattr(students, "train_heads", note)
    return seen


def test_teachers_learn_from_one_from_all_and_from_more_individuals(learned: list) -> None:
    School(BANK, Settings("bce")).teach_clips()
    one, baseline, more = (weights for _, weights in learned)
    assert one.tolist() == [0.5, 0, 0.5, 0, 0, 0]
    assert baseline.tolist() == [0.25] * 4 + [0, 0]
    assert more == pytest.approx(np.full(6, 1 / 6))
    assert learned[2][0].tolist() == [*CLIPS, [1, 0], [0, 1]]


def test_mixtures_have_the_labels_of_clip_and_soundscape(learned: list) -> None:
    School(BANK, Settings("bce", share=0.6)).teach({"student": Lesson(LABELS)})
    targets, weights = learned[0]
    assert targets == pytest.approx(np.array([*CLIPS, [1, 0.2], [0.1, 1], [1, 0.9], [0.3, 1]]))
    assert weights == pytest.approx([0.1] * 4 + [0.15] * 4)


def test_a_soundscape_of_weight_zero_is_not_heard(learned: list) -> None:
    lesson = Lesson(LABELS, weights=np.array([[0, 2]], np.float32))
    School(BANK, Settings("bce", share=0.6)).teach({"student": lesson})
    assert learned[0][1] == pytest.approx([0.1] * 4 + [0, 0, 0.3, 0.3])


def test_parts_are_swapped_in_for_two_of_five_clips(learned: list) -> None:
    School(BANK, Settings("bce")).teach({"student": Lesson(LABELS, style="swap")})
    targets, weights = learned[0]
    assert targets == pytest.approx(np.array([*CLIPS, *LABELS[0]]))
    assert weights == pytest.approx([0.15] * 4 + [0.2] * 2)


def test_each_round_is_taught_by_the_mean_of_all_networks_so_far(learned: list) -> None:
    baseline = Answers(LABELS, np.zeros((1, 3, 2), np.float32))
    run_rounds(School(BANK, Settings("bce")), baseline)
    plain = [targets[4:] for targets, _ in learned[::5]]  # five chains are trained in each round
    # The stand-in scores 0.5 everywhere: round 2 learns (0.1 + 0.5) / 2, round 3 (0.1 + 0.5 + 0.5) / 3.
    assert [float(targets[1, 0]) for targets in plain] == pytest.approx([0.1, 0.3, 1.1 / 3, 0.4])
