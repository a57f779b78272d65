"""Random tables against a slow and literal reading of models/PACKS.md, in float64 and without the service's code."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawn_chorus.inference.front_end.mel_front_end import MelFrontEnd
from dawn_chorus.inference.packs.mel_table import MelTable
from tests.unit.inference.front_end.naive_images import mel_image

RATE_HZ = 1600
N_SAMPLES = 800


def random_table(random: np.random.Generator) -> dict[str, Any]:
    """Return a table that the contract allows; every key is drawn."""
    table = drawn_alone(random)
    is_level = table["log"] in {"db", "ln"}
    if random.integers(2):
        table |= {"scale": "linear"}
    else:
        table |= {"n_mels": 7, "mel_scale": str(random.choice(["htk", "slaney"]))}
    if is_level:
        table |= {"reference": str(random.choice(["one", "max"])), "amin": float(random.choice([1e-10, 1e-3]))}
        table |= {"top_db": 30.0} if random.integers(2) else {}
        table["normalize"] = str(random.choice(["minmax", "standard", "range", "none"]))
    if table["normalize"] == "range":
        table |= {"range": [-40.0, -10.0] if is_level else [0.001, 0.5]}
    if table["log"] == "pcen" and random.integers(2):
        table |= {"pcen": {"gain": 0.8, "bias": 10.0, "power": float(random.choice([0.0, 0.25])), "input_gain": 100.0}}
    return table | random_sizes(random, table["channels"])


def drawn_alone(random: np.random.Generator) -> dict[str, Any]:
    """Return the keys that go with all values of the others."""
    table: dict[str, Any] = {
        "n_fft": 64, "win_length": int(random.choice([64, 50])), "hop_length": int(random.choice([16, 21])),
        "f_min_hz": float(random.choice([0.0, 50.0])), "f_max_hz": float(random.choice([800.0, 610.0])),
        "detrend": bool(random.integers(2)), "center": bool(random.integers(2)), "flip": bool(random.integers(2)),
        "power_scale": str(random.choice(["none", "spectrum", "density", "win_length"])),
        "window": str(random.choice(["hann", "hamming"])), "log": str(random.choice(["db", "ln", "none", "pcen"])),
        "normalize": str(random.choice(["minmax", "standard", "max", "range", "none"])),
        "normalize_scope": str(random.choice(["window", "recording"])), "channels": int(random.choice([1, 3])),
        "add": float(random.choice([0.0, 0.3])), "divide": float(random.choice([1.0, -2.5])),
    }  # fmt: skip
    return table


def random_sizes(random: np.random.Generator, channels: int) -> dict[str, Any]:
    table: dict[str, Any] = {}
    if random.integers(2):
        table |= {"n_frames": int(random.choice([25, 40, 60]))}
    if random.integers(2):
        sizes = [[5, 12], [30, 90], [9, 40]]
        methods = ["bilinear", "bilinear_antialias", "bicubic", "nearest"]
        table |= {"resize": sizes[int(random.integers(3))], "resize_method": str(random.choice(methods))}
    if channels == 3 and random.integers(2):
        table |= {"channel_content": "deltas", "delta_width": int(random.choice([3, 9]))}
    if random.integers(2):
        table |= {"mean": [0.1, 0.2, 0.3][:channels], "std": [0.5]}
    return table


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_an_image_is_that_of_the_literal_reading(seed: int) -> None:
    random = np.random.default_rng(seed)
    keys = random_table(random)
    times = np.arange(3 * N_SAMPLES) / RATE_HZ
    gains = np.repeat([0.5, 0.02, 0.1], N_SAMPLES)
    recording = (gains * np.sin(2 * np.pi * 300 * times) + random.normal(0.01, 0.05, len(times))).astype(np.float32)
    front_end = MelFrontEnd(MelTable.model_validate(keys), RATE_HZ)
    windows = recording.reshape(3, -1)
    images = front_end.images(windows, front_end.segment_statistics(recording))
    for image, window in zip(images, windows, strict=True):
        expected = mel_image(window.astype(np.float64), keys, RATE_HZ, recording)
        np.testing.assert_allclose(image, expected, rtol=1e-4, atol=1e-4 * max(1.0, np.abs(expected).max()))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_an_image_depends_on_nothing_but_its_window(seed: int) -> None:
    random = np.random.default_rng(seed)
    front_end = MelFrontEnd(MelTable.model_validate(random_table(random) | {"normalize_scope": "window"}), RATE_HZ)
    windows = random.normal(0, [[0.9], [0.001], [0.0]], (3, N_SAMPLES)).astype(np.float32)
    together = front_end.images(windows, None)
    for image, window in zip(together, windows, strict=True):
        np.testing.assert_array_equal(image, front_end.images(window[None], None)[0])


@pytest.mark.parametrize("eps", [1e-6, 0.0])
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_digital_silence_gives_finite_numbers(eps: float, seed: int) -> None:
    keys = random_table(np.random.default_rng(seed)) | {"eps": eps}
    front_end = MelFrontEnd(MelTable.model_validate(keys), RATE_HZ)
    silence = np.zeros((1, N_SAMPLES), np.float32)
    with np.errstate(all="raise"):
        images = front_end.images(silence, front_end.segment_statistics(silence[0]))
    assert np.isfinite(images).all()
