"""What a table [member.mel] refuses: keys that contradict each other, and keys that would change nothing."""

from typing import Any

import pytest

from dawn_chorus.inference.packs.manifest_tables import MemberTable
from dawn_chorus.inference.packs.mel_table import MelTable

MEL = {"n_fft": 512, "win_length": 512, "hop_length": 256, "n_mels": 40, "f_min_hz": 0.0, "f_max_hz": 8000.0}
LINEAR = {key: value for key, value in MEL.items() if key != "n_mels"} | {"scale": "linear"}
THREE = {"channels": 3, "channel_content": "deltas"}


def faults_of(keys: dict[str, Any]) -> list[str]:
    return list(MelTable.model_validate(keys, context="rules are checked later").find_faults())


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        (MEL | {"scale": "linear"}, 'n_mels: scale = "linear" has no mel filters; remove it'),
        (LINEAR | {"scale": "mel"}, 'n_mels: is missing: scale = "mel" needs it'),
        (LINEAR | {"mel_scale": "slaney"}, 'mel_scale: scale = "linear" has no mel filters; remove it'),
        (MEL | {"power": 1.0, "power_scale": "density"}, 'power_scale: "density" scales power = 2.0, not 1.0'),
        (MEL | {"pcen": {}}, 'pcen: belongs to log = "pcen", not "db"; remove it'),
        (MEL | {"log": "pcen", "top_db": 80.0}, 'top_db: log = "pcen" has no decibels; remove it'),
        (MEL | {"log": "none", "amin": 1e-5}, 'amin: log = "none" does not use it; remove it'),
        (MEL | {"log": "none", "reference": "max"}, 'reference: "max" is a level of a logarithm, and log is "none"'),
        (MEL | {"log": "pcen", "reference": "max"}, 'reference: "max" is a level of a logarithm, and log is "pcen"'),
        (MEL | {"normalize": "range"}, 'range: is missing: normalize = "range" needs [low, high]'),
        (MEL | {"range": [0, 1]}, 'range: belongs to normalize = "range", not "minmax"; remove it'),
        (MEL | {"normalize": "range", "range": [1, 1]}, "range: 1.0 is not below 1.0"),
        (
            MEL | {"normalize": "max"},
            'normalize: "max" divides by the loudest point: reference, log = "db", amin may make it 0',
        ),
        (MEL | {"divide": 0.0}, "divide: must not be 0"),
        (MEL | {"std": [0.2, 0.0], "channels": 2}, "std: must not be 0"),
        (MEL | {"mean": [0.1, 0.2], "channels": 3}, "mean: 2 numbers for 3 channels; give one, or one for each"),
        (MEL | {"resize": [0, 224]}, "resize: [0, 224] must be a height and a width of at least 1"),
        (MEL | {"resize_method": "nearest"}, "resize_method: there is no resize; remove it"),
        (MEL | {"delta_width": 7}, 'delta_width: belongs to channel_content = "deltas"; remove it'),
        (MEL | THREE | {"delta_width": 8}, "delta_width: 8 has no middle; use an odd number"),
        (
            MEL | {"channels": 5, "channel_content": "deltas", "delta_width": 3},
            "delta_width: 3 is too short for the derivatives of 5 channels",
        ),
        (
            MEL | {"channel_content": "deltas"},
            'channels: 1 leaves channel_content = "deltas" no derivative; the image itself is the first channel',
        ),
    ],
)
def test_a_combination_that_makes_no_sense_is_one_fault(keys: dict[str, Any], fault: str) -> None:
    assert faults_of(keys) == [fault]


@pytest.mark.parametrize(
    "keys",
    [
        LINEAR | {"power_scale": "density", "detrend": True, "normalize": "range", "range": [-80, 0]},
        MEL | {"log": "pcen", "pcen": {"gain": 0.5}, "normalize": "max"},
        MEL | {"resize": [224, 224], "channels": 3, "mean": [0.5], "std": [0.2, 0.2, -0.2]},
        MEL | {"mel_norm": "none", "delta_width": 9, "resize_method": "bilinear"},
    ],
)
def test_combinations_that_make_sense_are_taken(keys: dict[str, Any]) -> None:
    assert faults_of(keys) == []


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        (
            LINEAR | {"f_min_hz": 10.0, "f_max_hz": 20.0},
            "mel.f_min_hz: no bin of n_fft 512 at sample_rate_hz 16000 lies between 10.0 and f_max_hz 20.0",
        ),
        (
            MEL | THREE | {"n_frames": 7},
            "mel.delta_width: 9 is longer than the image, 7 (n_frames, resize, or the window)",
        ),
        (MEL | {"f_max_hz": 9000.0}, "mel.f_max_hz: 9000.0 is above half of sample_rate_hz 16000"),
    ],
)
def test_a_table_that_does_not_fit_the_window_is_one_fault(keys: dict[str, Any], fault: str) -> None:
    network = {"file": "n.onnx", "input": "mel", "sample_rate_hz": 16000, "window_s": 1.0, "hop_s": 1.0, "rule": "clip"}
    with pytest.raises(ValueError, match="mel") as caught:
        MemberTable.model_validate(network | {"mel": keys})
    assert fault in str(caught.value)


def test_the_size_of_an_image_follows_crop_frames_and_resizing() -> None:
    assert MelTable.model_validate(MEL).image_size(16000, 16000) == (40, 63)
    assert MelTable.model_validate(MEL | {"center": False}).image_size(16000, 16000) == (40, 61)
    assert MelTable.model_validate(LINEAR | {"f_max_hz": 4000.0, "n_frames": 50}).image_size(16000, 16000) == (129, 50)
    assert MelTable.model_validate(MEL | {"resize": [224, 200]}).image_size(16000, 16000) == (224, 200)
