"""What students draw of the label sets, one or several."""

from dataclasses import replace

import numpy as np
import pytest

from models.workshop.training.pseudo_labels import PseudoLabels
from models.workshop.training.pseudo_pool import PseudoPool, UnlabeledPool

FIRST = PseudoLabels(
    ("robin", "wren"),
    5.0,
    {
        "a.flac": np.array([[0.9, 0.3], [0.4, 0.08], [0.6, 0.55]], np.float32),
        "b.flac": np.array([[0.0, 0.0]], np.float32),
    },
    10.0,
)
SECOND = replace(FIRST, probs={"a.flac": np.array([[0.0, 0.2], [0.0, 0.1], [0.0, 0.0]], np.float32)})


def test_soundscapes_without_any_label_are_never_drawn() -> None:
    pool, rng = PseudoPool([FIRST]), np.random.default_rng(0)
    assert {(part.path, part.start_s) for part in (pool.draw(rng) for _ in range(50))} == {("a.flac", 0), ("a.flac", 5)}


def test_an_examples_labels_are_the_maximum_over_the_parts_it_spans() -> None:
    pool, rng = PseudoPool([FIRST]), np.random.default_rng(0)
    labels = {part.start_s: part.targets.tolist() for part in (pool.draw(rng) for _ in range(50))}
    assert labels[0.0] == pytest.approx([0.9, 0.3])
    assert labels[5.0] == pytest.approx([0.6, 0.55])


def test_a_soundscape_is_drawn_by_the_sum_of_its_highest_labels_in_each_label_set() -> None:
    pool, rng = PseudoPool([FIRST, SECOND]), np.random.default_rng(0)
    drawn = [pool.draw(rng) for _ in range(4000)]
    of_the_second = np.mean([part.targets[0] == 0 for part in drawn])
    assert of_the_second == pytest.approx(0.2 / (0.9 + 0.55 + 0.2), abs=0.02)


def test_a_sample_is_replaced_by_a_part_of_its_own_class_from_any_label_set() -> None:
    pool, rng = PseudoPool([FIRST, SECOND]), np.random.default_rng(0)
    robins = [pool.draw_for(("robin",), rng) for _ in range(100)]
    assert {part.start_s for part in robins if part} == {0.0, 5.0, 10.0}
    wrens = [pool.draw_for(("wren",), rng) for _ in range(100)]
    assert {part.start_s for part in wrens if part} == {0.0, 5.0}
    assert PseudoPool([FIRST]).draw_for(("wren",), rng) is None


def test_label_sets_of_different_taxa_are_refused() -> None:
    with pytest.raises(ValueError, match="different taxa"):
        PseudoPool([FIRST, replace(FIRST, codes=("wren", "robin"))])


def test_a_pool_without_labels_says_so() -> None:
    silent = replace(FIRST, probs={"b.flac": np.zeros((1, 2), np.float32)})
    with pytest.raises(ValueError, match="the teacher found nothing"):
        PseudoPool([silent]).draw(np.random.default_rng(0))


def test_a_part_with_two_voices_stands_for_both_classes() -> None:
    both = replace(FIRST, probs={"c.flac": np.array([[1.0, 1.0]], np.float32)})
    rng = np.random.default_rng(0)
    drawn = [PseudoPool([both]).draw_for((code,), rng) for code in FIRST.codes]
    assert [part.targets.tolist() for part in drawn if part] == [[1.0, 1.0], [1.0, 1.0]]


def test_a_control_draws_what_the_labels_draw_without_them() -> None:
    with_labels, without = (kind([replace(FIRST, window_s=5.0)]) for kind in (PseudoPool, UnlabeledPool))
    rngs = np.random.default_rng(0), np.random.default_rng(0)
    drawn = [(with_labels.draw(rngs[0]), without.draw(rngs[1])) for _ in range(50)]
    assert len({part.start_s for part, _ in drawn}) == 3
    assert [(part.path, part.start_s) for part, _ in drawn] == [(part.path, part.start_s) for _, part in drawn]
    assert all(part.targets.any() for part, _ in drawn)
    assert not any(part.targets.any() for _, part in drawn)
