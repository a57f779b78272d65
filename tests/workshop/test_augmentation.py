"""Augmentation of waveforms and mel images."""

import numpy as np
import pytest
import torch

from models.workshop.recipe import Recipe
from models.workshop.training.augmentation import add_noise, augment_waveform, equalize, mask_image

RATE_HZ = 16000
TONE = np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)


def level_db(waveform: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(waveform.astype(float) ** 2)))


def test_noise_is_added_at_the_requested_ratio() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE_HZ).astype(np.float32)
    added = add_noise(TONE, noise, 12.0) - TONE
    assert level_db(TONE) - level_db(added) == pytest.approx(12.0, abs=1e-3)
    assert np.array_equal(add_noise(np.zeros(4, "f4"), noise[:4], 12.0), np.zeros(4, "f4"))


def test_the_equalizer_moves_a_tone_by_no_more_than_its_four_bands_can() -> None:
    changes = [level_db(equalize(TONE, RATE_HZ, np.random.default_rng(seed))) - level_db(TONE) for seed in range(40)]
    assert max(np.abs(changes)) < 4 * 8
    assert max(changes) > 2
    assert min(changes) < -2


def test_without_augmentation_a_waveform_is_unchanged(tiny_recipe: Recipe) -> None:
    off = tiny_recipe.augment.model_copy(update={"noise": 0.0, "equalizer": 0.0, "gain_db": 0.0})
    recipe = tiny_recipe.model_copy(update={"augment": off})
    assert np.array_equal(augment_waveform(TONE, recipe, np.random.default_rng(0), []), TONE)


def test_colored_noise_depends_on_the_generator_only(tiny_recipe: Recipe) -> None:
    rules = {"noise": 1.0, "noise_snr_db": (10.0, 10.0), "equalizer": 0.0, "gain_db": 0.0}
    recipe = tiny_recipe.model_copy(update={"augment": tiny_recipe.augment.model_copy(update=rules)})
    first, again, other = (augment_waveform(TONE, recipe, np.random.default_rng(seed), []) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert level_db(first - TONE) == pytest.approx(level_db(TONE) - 10, abs=0.1)


def test_masks_set_stretches_of_time_and_frequency_to_the_mean_of_the_item() -> None:
    images = torch.rand(3, 2, 40, 60)
    masked = mask_image(images.clone(), 2, 0.5, np.random.default_rng(3))
    for before, after in zip(images, masked, strict=True):
        changed = (before != after).all(dim=0)
        assert changed.any()
        assert torch.allclose(after[:, changed], before.mean())
        assert changed.all(dim=0).any() or changed.all(dim=1).any()
    assert torch.equal(mask_image(images.clone(), 0, 0.5, np.random.default_rng(3)), images)
