"""What is measured of a recording's channels, and which warnings follow from it."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from dawn_chorus.domain.warnings import AnalysisWarning, merge_warnings
from dawn_chorus.inference.audio.channel_faults import find_warnings
from dawn_chorus.inference.audio.channel_meter import EXACT_FULL_SCALE, ChannelMeter, full_scale
from dawn_chorus.inference.audio.reader import Samples

RATE_HZ = 8000
SECONDS = 20.0


def noise(seed: int, level: float = 0.1, seconds: float = SECONDS) -> Samples:
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))).astype(np.float32)


def hum(level: float = 0.1, hz: float = 50.0) -> Samples:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ)).astype(np.float32)


SONG = noise(1)
NOTHING = np.zeros_like(SONG)


def measured(*channels: Samples, block: int = 30_000, scale: float = EXACT_FULL_SCALE) -> tuple[AnalysisWarning, ...]:
    """Return the warnings of a recording of one segment, fed in blocks."""
    samples = np.stack(channels)
    length = samples.shape[1]
    meter = ChannelMeter(len(channels), 0, length, sample_rate_hz=RATE_HZ, full_scale=scale)
    for first in range(0, length, block):
        meter.add(first, samples[:, first : first + block])
    measure = meter.result()
    assert measure is not None
    return merge_warnings(find_warnings(measure, 0.0, length / RATE_HZ))


def codes(*channels: Samples) -> list[str]:
    return [str(warning.code) for warning in measured(*channels)]


FAULTS: dict[str, tuple[list[str], list[Samples]]] = {
    "one channel": ([], [SONG]),
    "two of the same": ([], [SONG, SONG]),
    "two of like sound": ([], [SONG + noise(2, 0.05), SONG + noise(3, 0.05)]),
    "another level": ([], [SONG, 0.2 * SONG]),
    "inverted wiring": (["channels_cancel"], [SONG, -SONG]),
    "inverted and quieter": (["channels_cancel"], [SONG, -0.3 * SONG]),
    "inverted and noisy": (["channels_cancel"], [SONG + noise(2, 0.03), -SONG + noise(3, 0.03)]),
    "one of four inverted": (["channels_cancel"], [SONG, SONG, -SONG, SONG]),
    "two of four inverted": (["channels_cancel"], [SONG, -SONG, SONG, -SONG]),
    "inverted, but the mix loses less than 6 dB": ([], [SONG, SONG, SONG, SONG, -SONG]),
    "inverted, but 21 dB quieter": (["channels_differ"], [SONG, -0.089 * SONG]),
    "with an offset": ([], [SONG + np.float32(0.4), SONG]),
    "inverted with offsets": (["channels_cancel"], [SONG + np.float32(0.3), -SONG + np.float32(0.3)]),
    "broken: noise": (["channels_differ"], [SONG, noise(2)]),
    "broken: hum": (["channels_differ"], [SONG, hum()]),
    "broken: loud hum": (["channels_differ"], [0.02 * SONG, hum(0.3)]),
    "broken: silence": (["channels_differ"], [SONG, NOTHING]),
    "broken: nothing but an offset": (["channels_differ"], [SONG, NOTHING + np.float32(0.25)]),
    "broken: hiss, 30 dB down": (["channels_differ"], [SONG, noise(2, 0.003)]),
    "one of four broken": (["channels_differ"], [SONG, SONG, noise(2), SONG]),
    "one of four silent": (["channels_differ"], [SONG, SONG, NOTHING, SONG]),
    "inverted, and one silent": (["channels_cancel", "channels_differ"], [SONG, -SONG, NOTHING]),
    "all silent": (["silence"], [NOTHING, NOTHING]),
    "the only one silent": (["silence"], [NOTHING]),
    "32 of like sound": ([], [SONG + noise(seed, 0.05) for seed in range(2, 34)]),
    "one of 32 broken": (["channels_differ"], [SONG] * 31 + [noise(2)]),
    "one of 9 silent": (["channels_differ"], [SONG] * 4 + [NOTHING] + [SONG] * 4),
    "half of 32 inverted": (["channels_cancel"], [SONG, -SONG] * 16),
}


@pytest.mark.parametrize(("expected", "channels"), FAULTS.values(), ids=FAULTS)
def test_faults_of_channels_are_told_apart(expected: list[str], channels: list[Samples]) -> None:
    assert codes(*channels) == expected


@pytest.mark.parametrize(
    ("channels", "odd"),
    [
        ([SONG, NOTHING], 2),
        ([0.01 * SONG, SONG], 1),
        ([SONG, noise(2)], None),  # nobody knows which of the two is broken
        ([SONG, SONG, noise(2), SONG], 3),
        ([NOTHING, SONG, SONG], 1),
    ],
)
def test_the_broken_channel_is_named_where_it_is_known(channels: list[Samples], odd: int | None) -> None:
    (warning,) = measured(*channels)
    assert warning.channel == odd
    assert (warning.start_s, warning.end_s) == (0.0, SECONDS)


def test_a_warning_says_which_channels_and_how_much() -> None:
    (warning,) = measured(SONG, -0.5 * SONG)
    assert "1 and 2 (correlation -1.00)" in warning.detail
    assert "12 dB quieter than the loudest" in warning.detail


def clip(samples: Samples, gain: float) -> Samples:
    clipped: Samples = np.clip(np.float32(gain) * samples, -1, EXACT_FULL_SCALE)
    return clipped


def test_more_than_a_hundredth_at_full_scale_is_clipped_by_channel() -> None:
    (warning,) = measured(clip(SONG, 30), 2 * SONG)
    assert (warning.code, warning.channel) == ("clipped", 1)
    assert codes(clip(SONG, 30)) == ["clipped"]
    assert measured(clip(SONG, 30))[0].channel is None
    assert codes(clip(SONG, 2)) == []


@pytest.mark.parametrize(("share", "expected"), [(0.009, []), (0.011, ["clipped"])])
def test_the_bound_of_clipping_is_one_hundredth(share: float, expected: list[str]) -> None:
    samples = SONG.copy()
    samples[: round(share * len(samples))] = -1.0
    assert codes(samples) == expected


@pytest.mark.parametrize(
    ("audio_format", "top"),
    [
        ("wav/pcm_16", 32767 / 32768),
        ("flac/pcm_24", 1 - 2**-23),
        ("wav/pcm_32", 1.0),
        ("wav/float", 1.0),
        ("mp4/alac", 32767 / 32768),
        ("wav/pcm_u8", 127 / 128),
        ("aiff/pcm_s8", 127 / 128),
        ("mp3", 0.995),
        ("mp4/aac", 0.995),
    ],
)
def test_the_top_of_every_coding_is_full_scale(audio_format: str, top: float) -> None:
    assert np.float32(top) >= np.float32(full_scale(audio_format))
    assert full_scale(audio_format) > 0.97


@pytest.mark.parametrize("block", [1000, 30_000, 1 << 18])
@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize(
    "spans",
    [[(3.0, 9.0)], [(0.0, 5.0)], [(15.0, 20.0)], [(2.0, 7.0), (10.0, 19.0)], [(0.0, 20.0)], [(3.0, 7.9)], []],
    ids=str,
)
def test_silence_is_found_to_the_sample(block: int, n_channels: int, spans: list[tuple[float, float]]) -> None:
    samples = SONG.copy()
    for start_s, end_s in spans:
        samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = 0.0
    found = [warning for warning in measured(*[samples] * n_channels, block=block) if warning.code == "silence"]
    assert [(each.start_s, each.end_s) for each in found] == [span for span in spans if span[1] - span[0] >= 5]


def test_one_loud_sample_or_one_loud_channel_is_no_silence() -> None:
    click = NOTHING.copy()
    click[4 * RATE_HZ :: 4 * RATE_HZ] = 1e-6
    assert codes(click) == []
    assert "silence" not in codes(SONG, NOTHING)
    assert "silence" not in codes(-0.5 * SONG, 0.5 * SONG)


def test_silence_at_the_edge_of_a_segment_is_kept_for_its_neighbor() -> None:
    samples = np.stack([SONG])
    samples[:, 8 * RATE_HZ : 13 * RATE_HZ] = 0.0
    found: list[AnalysisWarning] = []
    for start_s, end_s in pairwise((0, 10, 20)):
        meter = ChannelMeter(1, start_s * RATE_HZ, end_s * RATE_HZ, sample_rate_hz=RATE_HZ, full_scale=1.0)
        meter.add(0, samples)  # margins and all
        measure = meter.result()
        assert measure is not None
        found += find_warnings(measure, start_s, end_s)
    assert [(each.start_s, each.end_s) for each in found] == [(8.0, 10.0), (10.0, 13.0)]
    assert [(each.start_s, each.end_s) for each in merge_warnings(found)] == [(8.0, 13.0)]


def test_lost_audio_is_no_silence() -> None:
    meter = ChannelMeter(1, 0, len(SONG), sample_rate_hz=RATE_HZ, full_scale=1.0)
    samples = np.stack([NOTHING])
    meter.add(0, samples[:, : 3 * RATE_HZ])
    meter.add(9 * RATE_HZ, samples[:, 9 * RATE_HZ : 12 * RATE_HZ])
    measure = meter.result()
    assert measure is not None
    assert merge_warnings(find_warnings(measure, 0.0, SECONDS)) == ()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_invalid_samples_are_neither_sound_nor_silence(value: float) -> None:
    spoilt = SONG.copy()
    spoilt[: 6 * RATE_HZ] = value
    assert codes(spoilt, SONG) == []
    assert codes(np.full_like(SONG, value)) == []


def test_margins_do_not_count() -> None:
    meter = ChannelMeter(2, 5 * RATE_HZ, 15 * RATE_HZ, sample_rate_hz=RATE_HZ, full_scale=1.0)
    inverted = SONG.copy()
    inverted[: 5 * RATE_HZ] *= -1
    inverted[15 * RATE_HZ :] = 1.0
    meter.add(0, np.stack([SONG, inverted]))
    measure = meter.result()
    assert measure is not None
    assert find_warnings(measure, 5.0, 15.0) == ()


def test_nothing_measured_is_no_warning() -> None:
    assert ChannelMeter(2, 0, 100, sample_rate_hz=RATE_HZ, full_scale=1.0).result() is None


@pytest.mark.parametrize("prepare", [lambda samples: samples, np.asfortranarray], ids=["rows", "columns"])
def test_blocks_of_any_size_give_the_same_measure(prepare: Callable[[Samples], Samples]) -> None:
    samples = prepare(np.stack([SONG, noise(2), 0.5 * SONG + noise(3)] * 3))
    found = []
    for block in (999, 4096, 50_000, 1 << 18):
        meter = ChannelMeter(9, 0, len(SONG), sample_rate_hz=RATE_HZ, full_scale=1.0)
        for first in range(0, len(SONG), block):
            meter.add(first, samples[:, first : first + block])
        measure = meter.result()
        assert measure is not None
        found.append(measure.covariance)
    for covariance in found[1:]:
        np.testing.assert_allclose(covariance, found[0], rtol=1e-4, atol=1e-7)
