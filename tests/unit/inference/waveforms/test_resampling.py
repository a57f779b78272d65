"""Segments equal the same part of the whole recording, resampled by librosa in one call."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import soxr

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.waveforms.resampling import Samples, open_resampler
from tests.unit.inference.audio_files import real_sound

RATES_HZ = [
    (44100, 48000),
    (22050, 48000),
    (8000, 48000),
    (192000, 48000),
    (250000, 48000),
    (48000, 32000),
    (44100, 32000),
]
NAMES = ["soxr_hq", "soxr_vhq", "kaiser_fast"]


@pytest.fixture(scope="module")
def sound(audio_dir: Path) -> Samples:
    """Return real sound, to be used at any rate."""
    return real_sound(audio_dir)[0]


def resample(sound: Samples, name: str, rates_hz: tuple[int, int], outputs: range, block: int = 50_001) -> Samples:
    resampler = open_resampler(name, *rates_hz, outputs.start, outputs.stop)
    first, end = resampler.first_input, resampler.end_input
    source = np.zeros(end - first, np.float32)
    inside = range(max(0, first), min(len(sound), end))
    source[inside.start - first : inside.stop - first] = sound[inside.start : inside.stop]
    for start in range(0, len(source), block):
        resampler.feed(source[start : start + block])
    result = resampler.result()
    result[max(0, resampler.length_of(len(sound)) - outputs.start) :] = 0.0
    return result


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rates_hz", RATES_HZ)
def test_a_recording_resampled_in_blocks_equals_librosa(sound: Samples, name: str, rates_hz: tuple[int, int]) -> None:
    sound = sound[: rates_hz[0] * 2 + 17]
    expected = librosa.resample(sound, orig_sr=rates_hz[0], target_sr=rates_hz[1], res_type=name)
    result = resample(sound, name, rates_hz, range(len(expected)))
    np.testing.assert_allclose(result, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rates_hz", RATES_HZ)
def test_a_segment_sounds_the_same_wherever_it_was_cut(sound: Samples, name: str, rates_hz: tuple[int, int]) -> None:
    sound = sound[: rates_hz[0] * 3 + 17]
    n_output = len(sound) * rates_hz[1] // rates_hz[0]
    whole = resample(sound, name, rates_hz, range(n_output))
    for first, end in [(0, 1000), (777, 1013), (n_output // 2 + 1, n_output - 3), (n_output - 100, n_output)]:
        segment = resample(sound, name, rates_hz, range(first, end), block=7_919)
        np.testing.assert_allclose(segment, whole[first:end], atol=1e-6, rtol=0)


def test_rates_without_a_common_divisor_are_resampled(sound: Samples) -> None:
    sound = sound[:100_000]
    expected = librosa.resample(sound, orig_sr=44101, target_sr=48000, res_type="kaiser_fast")
    result = resample(sound, "kaiser_fast", (44101, 48000), range(50_000, 60_000))
    np.testing.assert_allclose(result, expected[50_000:60_000], atol=1e-6, rtol=0)


def test_equal_rates_leave_the_samples_as_they_are(sound: Samples) -> None:
    np.testing.assert_array_equal(resample(sound, "kaiser_fast", (48000, 48000), range(100, 5000)), sound[100:5000])


def test_a_recording_that_ends_at_half_a_sample_is_as_long_as_soxr_makes_it() -> None:
    resampler = open_resampler("soxr_hq", 96000, 22050, 0, 1)
    for n_samples in range(320, 479_041, 640):  # each 640 samples become 147: half of the lengths end at half a sample
        expected = len(soxr.resample(np.zeros(n_samples, np.float32), 96000, 22050, quality="HQ"))
        assert resampler.length_of(n_samples) == expected


def test_an_unknown_resampler_is_named() -> None:
    with pytest.raises(PermanentError, match="'polyphase'"):
        open_resampler("polyphase", 44100, 48000, 0, 1)
