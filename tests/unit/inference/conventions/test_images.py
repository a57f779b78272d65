"""Images as a network takes them, and which members share their making."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dawn_chorus.inference.conventions.inputs import NetworkInput, Sizes
from dawn_chorus.inference.packs.manifest_tables import MemberTable
from tests.unit.inference.conventions.tone_exports import write_export
from tests.unit.inference.sounds import open_pack

MEL = {"n_fft": 64, "win_length": 64, "hop_length": 16, "n_frames": 7, "n_mels": 5, "f_min_hz": 0.0, "f_max_hz": 400.0}
MEMBER = {"file": "a.onnx", "sample_rate_hz": 1000, "window_s": 1.0, "hop_s": 1.0, "rule": "clip"}


def network_input(channels: int = 1, **keys: Any) -> NetworkInput:
    mel = {"mel": MEL | {"channels": channels}} if keys["input"] == "mel" else {}
    return NetworkInput(MemberTable.model_validate(MEMBER | mel | keys))


@pytest.mark.parametrize(
    ("layout", "channel_axis", "axes"),
    [
        ("frequency_major", "first", "ncft -> ncft"),
        ("frequency_major", "last", "ncft -> nftc"),
        ("time_major", "first", "ncft -> nctf"),
        ("time_major", "last", "ncft -> ntfc"),
        ("frequency_major", "none", "ncft -> nft"),
        ("time_major", "none", "ncft -> ntf"),
    ],
)
def test_images_have_the_axes_that_pack_toml_says(layout: str, channel_axis: str, axes: str) -> None:
    channels = 1 if channel_axis == "none" else 3
    images = np.random.default_rng(0).normal(size=(2, channels, 5, 7)).astype(np.float32)
    taken = network_input(channels, input="mel", layout=layout, channel_axis=channel_axis)
    [(batch, n_real)] = taken.batches(images)
    np.testing.assert_array_equal(batch, np.einsum(axes.replace(" ", ""), images))
    assert (n_real, batch.shape[1:], batch.flags.c_contiguous) == (2, taken.shape, True)


@pytest.mark.parametrize(
    ("channel_axis", "shape"), [(None, (1000,)), ("none", (1000,)), ("first", (1, 1000)), ("last", (1000, 1))]
)
def test_waveforms_may_have_an_axis_for_their_channel(channel_axis: str | None, shape: tuple[int, ...]) -> None:
    windows = np.random.default_rng(0).normal(size=(2, 1000)).astype(np.float32)
    [(batch, _)] = network_input(input="waveform", channel_axis=channel_axis).batches(windows)
    assert batch.shape[1:] == shape
    assert np.shares_memory(batch, windows)


def test_windows_in_the_usual_order_are_not_copied() -> None:
    images = np.zeros((4, 3, 5, 7), np.float32)
    [(batch, _)] = network_input(3, input="mel").batches(images)
    assert batch is images


def test_the_last_batch_is_filled_with_silence() -> None:
    windows = np.ones((5, 1000), np.float32)
    batches = list(network_input(input="waveform", batch=3).batches(windows))
    assert [(batch.shape[0], n_real) for batch, n_real in batches] == [(3, 3), (3, 2)]
    np.testing.assert_array_equal(batches[1][0], np.repeat([[1.0], [1.0], [0.0]], 1000, axis=1))


TIMES_LAST: dict[str, tuple[str, Sizes]] = {"x": ("tensor(float)", ["N", 7, 5, 3])}


def test_an_image_of_other_axes_is_refused_with_the_keys_to_set() -> None:
    taken = network_input(3, input="mel", input_name="x", layout="time_major", channel_axis="first")
    keys = "mel.channels, mel.n_mels, mel.n_frames, layout and channel_axis make [N, 3, 7, 5]"
    advice = 'set layout = "time_major" and channel_axis = "last"'
    assert taken.find_faults(TIMES_LAST) == [f"input: the network takes [N, 7, 5, 3], but {keys}; {advice}"]
    assert (
        network_input(3, input="mel", input_name="x", layout="time_major", channel_axis="last").find_faults(TIMES_LAST)
        == []
    )


def test_an_image_that_no_order_of_axes_makes_is_refused_without_advice() -> None:
    (fault,) = network_input(3, input="mel").find_faults({"mel": ("tensor(float)", ["N", 3, 6, 7])})
    assert (
        fault
        == "input: the network takes [N, 3, 6, 7], but mel.channels, mel.n_mels and mel.n_frames make [N, 3, 5, 7]"
    )


@pytest.mark.parametrize(("sizes", "where"), [([1, 1000], "first"), ([1000, 1], "last"), ([1, "samples"], "first")])
def test_a_waveform_with_an_axis_for_its_channel_is_refused_with_the_key_to_set(sizes: Sizes, where: str) -> None:
    (fault,) = network_input(input="waveform").find_faults({"waveform": ("tensor(float)", ["N", *sizes])})
    assert fault.endswith(f'but window_s and sample_rate_hz make [N, 1000]; set channel_axis = "{where}"')


def test_a_network_that_takes_more_than_windows_is_refused() -> None:
    node: tuple[str, Sizes] = ("tensor(float)", ["N", 1000])
    (fault,) = network_input(input="waveform").find_faults({"waveform": node, "latitude": node})
    assert fault.startswith(
        "input: the network takes ['latitude'] besides 'waveform'; a pack's networks take windows only"
    )


def test_other_numbers_than_float32_are_refused() -> None:
    faults = network_input(input="waveform").find_faults({"waveform": ("tensor(float16)", [1, 999])})
    assert [fault.split(":")[0] for fault in faults] == ["input", "batch", "input"]
    assert "takes tensor(float16), a pack's networks take float32" in faults[0]


def test_a_network_that_declares_no_shape_is_tried() -> None:
    assert network_input(input="waveform").find_faults({"waveform": ("tensor(float)", [])}) == []


SECOND = """
[[member]]
file = "tones.onnx"
input = "waveform"
sample_rate_hz = 16000
window_s = 5.0
hop_s = 5.0
rule = "clip"
"""


@pytest.mark.parametrize(
    ("keys", "n_front_ends"),
    [
        ('batch = 1\nactivation = "softmax"\nchannel_axis = "none"', 1),
        ("remove_mean = true", 2),
        ('waveform_scale = "peak"', 2),
        ('resampler = "soxr_vhq"', 2),
    ],
)
def test_members_share_what_makes_their_input_if_it_is_the_same(tmp_path: Path, keys: str, n_front_ends: int) -> None:
    ensemble = open_pack(write_export(tmp_path / "tones", f"{SECOND}{keys}"))
    assert [numbers for _, numbers in ensemble.front_ends] == ([(0, 1)] if n_front_ends == 1 else [(0,), (1,)])
