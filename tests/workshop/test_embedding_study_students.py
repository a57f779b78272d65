"""What students of the study on embeddings learn from, in a world of two taxa and two soundscapes."""

from pathlib import Path

import numpy as np
import pytest

from models.workshop.studies.embeddings import bank, choice, students
from models.workshop.studies.embeddings.bank import Bank, embed_world
from models.workshop.studies.embeddings.by_taxon import COLUMNS, draw_taxa
from models.workshop.studies.embeddings.heads import Heads
from models.workshop.studies.embeddings.lines import BOUNDS, CHAINS, bounds, run_rounds
from models.workshop.studies.embeddings.students import Answers, Lesson, School, Settings, Training
from models.workshop.studies.embeddings.voices import Pool
from models.workshop.studies.embeddings.world import WorldSize, draw_roles


def windows(n: int) -> np.ndarray:
    return np.random.default_rng(n).normal(size=(1, n, 3)).astype(np.float32)


BANK = Bank(
    focal=windows(4), focal_taxon=np.array([[0, 0, 1, 1]]), focal_individual=np.array([[0, 1, 0, 1]]),
    others=windows(2), others_taxon=np.array([[0, 1]]),
    unlabeled=windows(2), unlabeled_truth=np.array([[[0, 0], [0, 1]]], np.float32),
    mixed=windows(4), mixed_taxon=np.array([[0, 1, 0, 1]]), mixed_soundscape=np.array([[0, 0, 1, 1]]),
    test=windows(3), test_truth=np.array([[[0, 1], [1, 0], [1, 1]]], np.float32), taxa=np.array([["ant", "bee"]]),
)  # fmt: skip
CLIPS = [[1, 0], [1, 0], [0, 1], [0, 1]]
MOSTLY_MIXED = Training(decay=1.0, share=0.6)
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
    School(BANK, Settings("bce")).teach({"student": Lesson(LABELS, MOSTLY_MIXED)})
    targets, weights = learned[0]
    assert targets == pytest.approx(np.array([*CLIPS, [1, 0.2], [0.1, 1], [1, 0.9], [0.3, 1]]))
    assert weights == pytest.approx([0.1] * 4 + [0.15] * 4)


def test_a_soundscape_of_weight_zero_is_not_heard(learned: list) -> None:
    lesson = Lesson(LABELS, MOSTLY_MIXED, weights=np.array([[0, 2]], np.float32))
    School(BANK, Settings("bce")).teach({"student": lesson})
    assert learned[0][1] == pytest.approx([0.1] * 4 + [0, 0, 0.3, 0.3])


def test_parts_are_swapped_in_for_two_of_five_clips(learned: list) -> None:
    School(BANK, Settings("bce")).teach({"student": Lesson(LABELS, MOSTLY_MIXED, style="swap")})
    targets, weights = learned[0]
    assert targets == pytest.approx(np.array([*CLIPS, *LABELS[0]]))
    assert weights == pytest.approx([0.15] * 4 + [0.2] * 2)


def test_each_round_is_taught_by_the_mean_of_all_networks_so_far(learned: list) -> None:
    baseline = Answers(LABELS, np.zeros((1, 3, 2), np.float32))
    run_rounds(School(BANK, Settings("bce", students=dict.fromkeys(CHAINS, MOSTLY_MIXED))), baseline)
    plain = [targets[4:] for targets, _ in learned[::5]]  # five chains are trained in each round
    # The stand-in scores 0.5 everywhere: round 2 learns (0.1 + 0.5) / 2, round 3 (0.1 + 0.5 + 0.5) / 3.
    assert [float(targets[1, 0]) for targets in plain] == pytest.approx([0.1, 0.3, 1.1 / 3, 0.4])


def test_control_and_oracle_hear_the_same_windows_as_often(learned: list) -> None:
    School(BANK, Settings("bce")).teach(bounds(BANK, dict.fromkeys(BOUNDS, MOSTLY_MIXED)))
    (control, weights), (oracle, same), (swapped, _) = learned
    assert weights.tolist() == same.tolist()
    assert control.tolist() == [*CLIPS, [1, 0], [0, 1], [1, 0], [0, 1]]
    assert oracle.tolist() == [*CLIPS, [1, 0], [0, 1], [1, 1], [0, 1]]
    assert swapped.tolist() == [*CLIPS, [0, 0], [0, 1]]


def test_students_of_different_settings_are_trained_apart_and_returned_in_order(
    learned: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    decays = []
    note = students.train_heads
    monkeypatch.setattr(students, "train_heads", lambda *given: decays.append(given[-1]) or note(*given))
    lessons = {name: Lesson(LABELS, Training(decay, 0.6)) for name, decay in zip("abc", (1.0, 10.0, 1.0), strict=True)}
    assert list(School(BANK, Settings("bce")).teach(lessons)) == ["a", "b", "c"]
    assert decays == [1.0, 10.0]
    assert len(learned) == 3


def test_each_line_gets_the_settings_that_suit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure_one(_bank: Bank, answers: dict[str, object]) -> dict[str, np.ndarray]:
        return {name: np.array([[0.5, 0.5]]) for name in answers}

    def measure_students(_school: School, _baseline: Answers, training: Training) -> dict[str, float]:
        best = {"control": Training(10.0, 0.1), "oracle": Training(0.1, 0.9)}
        return {name: float(training == best.get(name, Training(1.0, 0.5))) for name in (*BOUNDS, *CHAINS)}

    monkeypatch.setattr(choice, "measure", measure_one)
    monkeypatch.setattr(choice, "_measure_students", measure_students)
    found = choice.choose_settings(BANK, "bce").students
    assert (found["control"], found["oracle"]) == (Training(10.0, 0.1), Training(0.1, 0.9))
    assert found["plain"] == found["powers"] == Training(1.0, 0.5)


def test_a_difference_within_the_tolerance_decides_nothing() -> None:
    assert choice.first_best([0.8501, 0.8509, 0.8490]) == 0
    assert choice.first_best([0.8498, 0.8509, 0.8505]) == 1


def test_the_table_of_taxa_has_each_taxons_change_and_their_mean() -> None:
    def scores(ant: list[float], bee: list[float]) -> Answers:
        return Answers(LABELS, np.array([[ant, bee]], np.float32).swapaxes(1, 2))

    right, wrong = scores([0, 1, 1], [1, 0, 1]), scores([1, 0, 1], [1, 0, 1])
    lines = {name: wrong for _, *pair in COLUMNS for name in pair} | {"control": right}
    rows = draw_taxa(BANK, lines).splitlines()
    # Ant: the right order gains 1 over 1/4 (a tie of one pair, one pair wrong). Bee: both are right.
    assert rows[2].startswith("| ant | 1 | 0.250 | +0.750 |")
    assert rows[3].startswith("| bee | 1 | 1.000 | +0.000 |")
    assert rows[4].startswith("| mean of taxa | | | +0.375 ± 0.530 |")
    assert rows[5].startswith("| taxa with a gain | | | 1 of 2 |")


def test_windows_hold_the_voices_and_backgrounds_of_their_role(monkeypatch: pytest.MonkeyPatch) -> None:
    voices = {taxon: [Path(f"{taxon}{n}") for n in range(6)] for taxon in ("ant", "bee")}
    pool, rng = Pool(voices, [Path(f"rain{n}") for n in range(4)]), np.random.default_rng(0)
    paths = [*(path for voices in pool.voices.values() for path in voices), *pool.backgrounds]
    sines = {path: np.sin(2 * np.pi * (n + 1) * np.arange(1000) / 1000) for n, path in enumerate(paths)}
    monkeypatch.setattr(bank, "load_clip", lambda path, _rate: sines[path])

    class Ears:
        length, sample_rate_hz = 1000, 200

        def embed(self, waves: list[np.ndarray]) -> np.ndarray:
            """Return which recordings are heard, (n_windows, n_recordings)."""
            return np.abs(np.fft.rfft(waves, axis=1))[:, 1 : len(paths) + 1] > 0.5

    roles = draw_roles(pool, 2, rng)
    world = embed_world(roles, WorldSize(taxa=2, unlabeled=40, test=40), Ears(), rng)
    names = ("focal", "others", "unlabeled", "mixed", "test")
    heard = {name: {paths[n] for n in np.flatnonzero(world[name].any(axis=0))} for name in names}
    focal, unlabeled, test = (
        {p for voices in role for p in voices} for role in (roles.focal, roles.unlabeled, roles.test)
    )
    assert (heard["focal"], heard["others"]) == (focal, unlabeled)
    assert heard["unlabeled"] == unlabeled | set(roles.training_backgrounds)
    assert heard["mixed"] == focal | heard["unlabeled"]
    assert heard["test"] == test | set(roles.test_backgrounds)
