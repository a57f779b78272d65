"""The front ends of training and service compute the same images."""

import numpy as np
import pytest
import torch

from dawn_chorus.inference.front_end.mel_front_end import MelFrontEnd as ServiceFrontEnd
from dawn_chorus.inference.packs.manifest_tables import MelTable
from models.workshop.networks.frontend import MelFrontEnd
from models.workshop.packing.export import example_images
from models.workshop.packing.pack import golden_waveform
from models.workshop.recipe_files import load_recipe
from tests.workshop.conftest import RECIPES

NAMES = ("first_place", "second_place", "small")
VARIANTS = (
    {"mel_scale": "slaney", "mel_norm": "slaney", "power": 1.0, "top_db": None},
    {"log": "ln", "amin": 1e-5, "normalize": "standard", "top_db": None},
    {"pad_mode": "constant", "win_length": 800},
    {"center": False, "n_frames": 350},
)


def both(mel: MelTable, rate_hz: int, window_s: float) -> tuple[np.ndarray, np.ndarray]:
    waveform = np.stack([golden_waveform(rate_hz, window_s), golden_waveform(rate_hz, window_s) * 0.01])
    trained = MelFrontEnd(mel, rate_hz)(torch.from_numpy(waveform)).numpy()
    return trained, ServiceFrontEnd(mel, rate_hz).images(waveform, None)


@pytest.mark.parametrize("name", NAMES)
def test_torch_and_service_agree_within_a_thousandth_of_a_decibel(name: str) -> None:
    model = load_recipe(RECIPES / f"{name}.toml").model
    trained, served = both(model.mel.model_copy(update={"normalize": "none"}), model.sample_rate_hz, model.window_s)
    assert trained.shape == served.shape == (2, model.mel.channels, model.mel.n_mels, model.mel.n_frames)
    assert np.abs(trained - served).max() < 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_normalized_images_agree(name: str) -> None:
    model = load_recipe(RECIPES / f"{name}.toml").model
    trained, served = both(model.mel, model.sample_rate_hz, model.window_s)
    assert np.abs(trained - served).max() < 2e-5


@pytest.mark.parametrize("changed", VARIANTS, ids=lambda changed: next(iter(changed)))
def test_every_option_of_a_mel_table_means_the_same_to_both(changed: dict[str, object]) -> None:
    model = load_recipe(RECIPES / "small.toml").model
    trained, served = both(model.mel.model_copy(update=changed), model.sample_rate_hz, model.window_s)
    assert trained.shape == served.shape
    assert np.abs(trained - served).max() < 1e-3


def test_an_image_does_not_depend_on_its_neighbors_in_the_batch() -> None:
    model = load_recipe(RECIPES / "small.toml").model
    front_end = MelFrontEnd(model.mel, model.sample_rate_hz)
    quiet = torch.from_numpy(golden_waveform(model.sample_rate_hz, model.window_s))[None] * 1e-3
    loud = torch.randn(1, quiet.shape[1])
    assert torch.allclose(front_end(torch.cat([quiet, loud]))[:1], front_end(quiet), atol=1e-6)


@pytest.mark.parametrize("changed", [{"resize": (32, 32)}, {"log": "pcen"}, {"n_frames": None}])
def test_a_front_end_that_only_the_service_computes_cannot_be_trained(changed: dict[str, object]) -> None:
    model = load_recipe(RECIPES / "small.toml").model
    with pytest.raises(ValueError, match=next(iter(changed))):
        MelFrontEnd(model.mel.model_copy(update=changed), model.sample_rate_hz)


def test_example_images_fill_the_range_that_a_network_sees() -> None:
    images = example_images(load_recipe(RECIPES / "small.toml").model)
    assert images.shape == (2, 1, 48, 320)
    assert float(images.min()) == 0.0
    assert float(images.max()) == pytest.approx(1.0, abs=1e-3)
