"""The teacher's labels as a student uses them."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from models.workshop.recipe import PseudoTable
from models.workshop.training.pseudo_labels import PseudoLabels, load_labels, power_scale, refine, save_labels

PROBS = {
    "a.flac": np.array([[0.9, 0.3], [0.4, 0.08], [0.6, 0.55]], np.float32),
    "b.flac": np.array([[0.0, 0.0]], np.float32),
}


@pytest.fixture
def labels() -> PseudoLabels:
    return PseudoLabels(("robin", "wren"), 5.0, PROBS, 10.0)


def test_power_shrinks_low_labels_and_keeps_high_ones() -> None:
    powered = power_scale(np.array([1.0, 0.8, 0.1, 0.0]), 1 / 0.65)
    assert powered.tolist() == pytest.approx([1.0, 0.8 ** (1 / 0.65), 0.1 ** (1 / 0.65), 0.0])


def test_summaries_divide_by_the_sum_over_taxa() -> None:
    scaled = power_scale(np.array([[0.5, 0.3, 0.1], [0.0, 0.0, 0.0]]), 2.0, "sum_to_one")
    assert scaled[0].tolist() == pytest.approx([0.25 / 0.35, 0.09 / 0.35, 0.01 / 0.35])
    assert scaled[1].tolist() == [0.0, 0.0, 0.0]


def test_each_round_has_its_own_power(labels: PseudoLabels) -> None:
    rules = PseudoTable(gammas=(1.0, 2.0))
    assert refine(labels, rules, 0).probs["a.flac"][0].tolist() == pytest.approx([0.9, 0.3])
    assert refine(labels, rules, 1).probs["a.flac"][0].tolist() == pytest.approx([0.81, 0.09])


def test_a_round_scales_as_its_recipe_says(labels: PseudoLabels) -> None:
    rules = PseudoTable(gammas=(2.0,), scaling="sum_to_one")
    assert refine(labels, rules, 0).probs["a.flac"][0].tolist() == pytest.approx([0.9, 0.1])


def test_the_hard_variant_drops_doubtful_parts_and_small_labels(labels: PseudoLabels) -> None:
    rules = PseudoTable(gammas=(1.0,), keep_above=0.5, zero_below=0.31)
    hard = refine(labels, rules, 0).probs["a.flac"]
    assert hard == pytest.approx(np.array([[0.9, 0.0], [0.0, 0.0], [0.6, 0.55]]))


def test_a_round_that_the_recipe_lacks_is_refused(labels: PseudoLabels) -> None:
    with pytest.raises(ValueError, match="has 1 rounds of pseudo-labels, none with number 2"):
        refine(labels, PseudoTable(gammas=(1.0,)), 1)


def test_labels_of_some_taxa_are_taken_by_code(labels: PseudoLabels) -> None:
    some = labels.columns_of(("wren",))
    assert some.codes == ("wren",)
    assert some.probs["a.flac"].tolist() == PROBS["a.flac"][:, 1:].tolist()
    assert labels.columns_of(("wren", "robin")).probs["a.flac"].tolist() == PROBS["a.flac"][:, ::-1].tolist()
    with pytest.raises(ValueError, match="the pseudo-labels lack rail"):
        labels.columns_of(("robin", "rail"))


def test_labels_are_stored_in_half_precision(labels: PseudoLabels, tmp_path: Path) -> None:
    save_labels(labels, tmp_path / "labels.npz")
    read = load_labels(tmp_path / "labels.npz")
    assert (read.codes, read.part_s, read.window_s) == (labels.codes, 5.0, 10.0)
    assert read.probs["a.flac"] == pytest.approx(PROBS["a.flac"], abs=1e-3)


def test_labels_are_stored_under_the_name_that_was_asked_for(labels: PseudoLabels, tmp_path: Path) -> None:
    save_labels(labels, tmp_path / "labels.v2")
    assert [path.name for path in tmp_path.iterdir()] == ["labels.v2"]


def test_a_kill_leaves_no_half_of_a_file(labels: PseudoLabels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(file: BinaryIO, **_: object) -> None:
        file.write(b"PK")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", die)
    with pytest.raises(KeyboardInterrupt):
        save_labels(labels, tmp_path / "labels.npz")
    assert not (tmp_path / "labels.npz").exists()
