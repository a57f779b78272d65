"""How examples are made of clips and pseudo-labeled soundscapes, with mixtures calculated by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.data.manifest import Clip, Dataset
from models.workshop.recipe import Recipe
from models.workshop.recipe_files import RECIPES, load_recipe
from models.workshop.training.examples import Examples, plan_epoch
from models.workshop.training.pseudo_labels import PseudoLabels
from models.workshop.training.pseudo_pool import PseudoPool

RATE_HZ = 16000
TAXA = tuple(Taxon(code, code, code, "Aves") for code in ("robin", "wren", "rail"))
QUIET = ["augment.mixup=0.0", "augment.noise=0.0", "augment.equalizer=0.0", "augment.gain_db=0.0"]
Plan = Callable[..., Examples]


def load(name: str, *overrides: str) -> Recipe:
    return load_recipe(RECIPES / f"{name}.toml", [*QUIET, "data.clips_per_epoch=40", *overrides])


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Return a robin at level 0.1 and a wren at 0.8, and a soundscape at −0.2 in its first part, −0.4 in its second."""
    levels = {"robin.wav": [0.1] * 8, "wren.wav": [0.8] * 8, "dawn.wav": [-0.2] * 5 + [-0.4] * 5}
    for name, seconds in levels.items():
        soundfile.write(tmp_path / name, np.repeat(np.array(seconds, "f4"), RATE_HZ), RATE_HZ, subtype="FLOAT")
    clips = [Clip(f"{code}.wav", (code,), code, "CC0-1.0", "made", 0, 8.0) for code in ("robin", "wren")]
    return Dataset(tmp_path, TAXA, (*clips, Clip("dawn.wav", (), "dawn", "CC0-1.0", "made", 0, 10.0, "soundscape")))


@pytest.fixture
def plan(dataset: Dataset) -> Plan:
    def make(recipe: Recipe, rows: list[list[float]] | None = None, epoch: int = 0) -> Examples:
        labels = PseudoLabels(tuple(dataset.codes), 5.0, {"dawn.wav": np.array(rows or [], "f4")}, 5.0)
        pool = PseudoPool([labels]) if rows else None
        return plan_epoch(recipe, dataset, dataset.clips[:2], dataset.codes, pool, seed=1, epoch=epoch)

    return make


def read(examples: Examples) -> set[tuple[float, ...]]:
    """Return the constant level and the labels of all examples."""
    found = set()
    for number in range(len(examples)):
        waveform, targets = examples[number]
        assert np.ptp(waveform) == 0
        found.add((round(float(waveform[0]), 4), *(round(float(label), 4) for label in targets)))
    return found


def test_a_soundscape_is_mixed_half_and_half_at_the_same_peak_with_the_higher_labels(plan: Plan) -> None:
    recipe = load("small", "model.abs_max_normalize=true", "pseudo.share=1.0", "pseudo.weight=0.5", "augment.mixup=1.0")
    found = read(plan(recipe, [[0.7, 0.2, 0.0], [0.0, 0.0, 0.4]]))
    # 1 / 2 − 1 / 2: each part has its peak at 1; no other clip is mixed in on top, though mixup = 1.
    assert found == {(0.0, 1.0, 0.2, 0.0), (0.0, 1.0, 0.0, 0.4), (0.0, 0.7, 1.0, 0.0), (0.0, 0.0, 1.0, 0.4)}


def test_without_scaling_the_levels_are_those_of_the_files(plan: Plan) -> None:
    recipe = load("small", "pseudo.share=1.0", "pseudo.weight=0.25")
    found = read(plan(recipe, [[0.0, 0.0, 0.5], [0.0, 0.0, 0.25]]))
    first_part, second_part = (
        {(0.025, 1.0, 0.0, 0.5), (0.55, 0.0, 1.0, 0.5)},
        {(-0.025, 1.0, 0.0, 0.25), (0.5, 0.0, 1.0, 0.25)},
    )
    assert found == first_part | second_part


def test_mixup_takes_the_mean_of_two_clips_at_the_same_peak_and_adds_their_labels(plan: Plan) -> None:
    found = read(plan(load("small_second", "augment.mixup=1.0")))
    assert found == {(1.0, 1.0, 0.0, 0.0), (1.0, 0.0, 1.0, 0.0), (1.0, 1.0, 1.0, 0.0)}
    unscaled = read(plan(load("small_second", "augment.mixup=1.0", "model.abs_max_normalize=false")))
    assert unscaled == {(0.1, 1.0, 0.0, 0.0), (0.8, 0.0, 1.0, 0.0), (0.45, 1.0, 1.0, 0.0)}


def test_clips_are_mixed_at_the_same_peak_whatever_augmentation_made_of_them(plan: Plan) -> None:
    found = read(plan(load("small_second", "augment.mixup=1.0", "augment.gain_db=20.0")))
    assert found == {(1.0, 1.0, 0.0, 0.0), (1.0, 0.0, 1.0, 0.0), (1.0, 1.0, 1.0, 0.0)}


def test_a_clip_is_swapped_for_a_part_of_its_own_class_with_the_parts_labels(plan: Plan) -> None:
    recipe = load("small_second", "model.abs_max_normalize=false", "pseudo.share=1.0")
    found = read(plan(recipe, [[0.7, 0.2, 0.0], [0.0, 0.0, 0.6]]))
    assert found == {(-0.2, 0.7, 0.2, 0.0), (0.8, 0.0, 1.0, 0.0)}


def test_what_a_clip_is_swapped_for_is_augmented_like_it(plan: Plan) -> None:
    recipe = load("small_second", "pseudo.share=1.0", "augment.noise=1.0", "augment.noise_snr_db=[10.0, 10.0]")
    examples = plan(recipe, [[0.7, 0.2, 0.0], [0.0, 0.9, 0.0]])
    assert all(np.std(examples[number][0]) > 0.1 for number in range(len(examples)))


@pytest.mark.parametrize(("epoch", "latest_s"), [(0, 2.0), (5, 2.0), (6, 3.0)])
def test_crops_change_after_half_of_the_epochs_of_the_run_at_hand(
    plan: Plan, dataset: Dataset, epoch: int, latest_s: float
) -> None:
    ramp = np.arange(8 * RATE_HZ, dtype=np.float32) / RATE_HZ
    for clip in dataset.clips[:2]:
        soundfile.write(dataset.folder / clip.path, ramp, RATE_HZ, subtype="FLOAT")
    changed = ["model.abs_max_normalize=false", "pseudo.share=0.0", "pseudo.epochs=12", "optimizer.epochs=2"]
    recipe = load("small_second", *changed, "data.clips_per_epoch=300")
    examples = plan(recipe, [[0.9, 0.0, 0.0]], epoch)
    starts = [float(examples[number][0][0]) for number in range(len(examples))]
    assert max(starts) == pytest.approx(latest_s, abs=0.1)


def test_a_clip_shorter_than_the_window_is_filled_as_the_recipe_says(plan: Plan) -> None:
    filled: dict[str, Any] = {}
    for filling in ("zeros", "repeat"):
        recipe = load("small", f"data.short_clips={filling}", "model.window_s=10.0", "model.mel.n_frames=640")
        filled[filling] = plan(recipe)[0][0]
    assert np.count_nonzero(filled["zeros"]) == 8 * RATE_HZ
    assert not filled["zeros"][8 * RATE_HZ :].any()
    assert np.count_nonzero(filled["repeat"]) == 10 * RATE_HZ
