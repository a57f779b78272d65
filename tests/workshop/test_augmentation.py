"""Augmentation of waveforms and mel images."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from models.workshop.errors import BadInput
from models.workshop.recipe import AugmentTable, Recipe
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
    rngs = [np.random.default_rng(seed) for seed in range(40)]
    changes = [level_db(equalize(TONE, RATE_HZ, rng, (-8, 8))) - level_db(TONE) for rng in rngs]
    assert max(np.abs(changes)) < 4 * 8
    assert max(changes) > 2
    assert min(changes) < -2
    cuts = [level_db(equalize(TONE, RATE_HZ, rng, (-20, 0))) - level_db(TONE) for rng in rngs]
    assert max(cuts) < 0.1
    assert min(cuts) < -5


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


def test_noise_of_another_rate_sounds_as_fast_as_it_was_recorded(tiny_recipe: Recipe, tmp_path: Path) -> None:
    hum = np.sin(2 * np.pi * 3000 * np.arange(3 * 48000) / 48000).astype(np.float32)
    soundfile.write(tmp_path / "hum.wav", hum, 48000, subtype="FLOAT")
    rules = {"noise": 1.0, "noise_snr_db": (0.0, 0.0), "equalizer": 0.0, "gain_db": 0.0}
    recipe = tiny_recipe.model_copy(update={"augment": tiny_recipe.augment.model_copy(update=rules)})
    added = augment_waveform(TONE, recipe, np.random.default_rng(1), [tmp_path / "hum.wav"]) - TONE
    assert np.abs(np.fft.rfft(added)).argmax() == 3000  # one second: a bin is a hertz
    (tmp_path / "notes.wav").write_text("no sound")
    with pytest.raises(BadInput, match=r"notes.wav: is listed but cannot be read"):
        augment_waveform(TONE, recipe, np.random.default_rng(1), [tmp_path / "notes.wav"])


def test_masks_set_stretches_of_time_and_frequency_to_the_mean_of_the_item() -> None:
    images = torch.rand(3, 2, 40, 60)
    masked = mask_image(images.clone(), AugmentTable(spec_masks=2, spec_mask_share=0.5), np.random.default_rng(3))
    for before, after in zip(images, masked, strict=True):
        changed = (before != after).all(dim=0)
        assert changed.any()
        assert torch.allclose(after[:, changed], before.mean())
        assert changed.all(dim=0).any() or changed.all(dim=1).any()
    assert torch.equal(mask_image(images.clone(), AugmentTable(), np.random.default_rng(3)), images)


def test_masks_are_no_wider_than_the_recipe_says_and_spare_some_images() -> None:
    rules = AugmentTable(spec_masks=1, spec_mask_mels=10, spec_mask_frames=20, spec_masks_probability=0.3)
    images = torch.rand(400, 1, 128, 313)
    masked = mask_image(images.clone(), rules, np.random.default_rng(3)) != images
    mels, frames = (masked[:, 0].all(dim=dim).sum(dim=1) for dim in (2, 1))
    assert (int(mels.max()), int(frames.max())) == (10, 20)
    assert float(masked.flatten(1).any(dim=1).float().mean()) == pytest.approx(0.3, abs=0.07)
