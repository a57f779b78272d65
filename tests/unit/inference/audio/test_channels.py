"""One channel of a recording, or the mean of all, in every format; measured on the way or not."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.warnings import merge_warnings
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.audio.reader import to_mono
from dawn_chorus.inference.decoders.pool import DecoderPool
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_audio, load_from
from tests.unit.inference.audio_files import LOSSLESS, SECONDS, WRITERS, Samples, damage, real_sound, write_sound

RATE_HZ = 44100
DURATION_S = float(SECONDS)
WHOLE = Segment(0, 0.0, DURATION_S)
AS_IS = WaveformFormat(RATE_HZ, "soxr_hq")
MODEL = WaveformFormat(32000, "soxr_hq")


@pytest.fixture(scope="module")
def song(audio_dir: Path) -> Samples:
    return real_sound(audio_dir)[0]


@pytest.fixture(scope="module")
def decoders() -> Iterator[DecoderPool]:
    with DecoderPool(processes=1) as decoders:
        yield decoders


def pair(song: Samples) -> Samples:
    """Return two channels that have nothing in common."""
    return np.stack([song, np.roll(song[::-1], 12345)], axis=1)


def write_pair(name: str, folder: Path, channels: Samples) -> tuple[Path, int]:
    rate_hz = 48000 if name.startswith("opus") else RATE_HZ
    return WRITERS[name](folder / name, channels, rate_hz), rate_hz


def waveform(audio: LoadedAudio) -> Samples:
    (only,) = audio.waveforms.values()
    return only


def load(path: Path, channel: int | None, *, measured: bool = False, rate_hz: int = RATE_HZ) -> Samples:
    end_s = DURATION_S * RATE_HZ / rate_hz
    wanted, segment = [WaveformFormat(rate_hz, "soxr_hq")], Segment(0, 0.0, end_s)
    return waveform(
        load_audio(path, 0.0, end_s, wanted, duration_s=end_s, channel=channel, measured=segment if measured else None)
    )


def likeness(one: Samples, other: Samples) -> float:
    """Return the highest correlation over the lags that an encoder may add, by FFT."""
    n = min(len(one), len(other))
    spectrum = np.fft.rfft(one[:n], 2 * n) * np.conj(np.fft.rfft(other[:n], 2 * n))
    correlation = np.fft.irfft(spectrum) / np.sqrt((one[:n] ** 2).sum() * (other[:n] ** 2).sum())
    return float(np.abs(np.concatenate([correlation[:3000], correlation[-3000:]])).max())


@pytest.mark.parametrize("name", WRITERS)
def test_a_channel_is_the_one_that_was_written(tmp_path: Path, song: Samples, name: str) -> None:
    channels = pair(song)
    path, rate_hz = write_pair(name, tmp_path, channels)
    for number in (1, 2):
        chosen = load(path, number, rate_hz=rate_hz)
        np.testing.assert_array_equal(load(path, number, measured=True, rate_hz=rate_hz), chosen)
        if name.partition(".")[0] in LOSSLESS:
            np.testing.assert_allclose(chosen, channels[:, number - 1], atol=1e-4)
        assert likeness(chosen, channels[:, number - 1]) > 0.8
        assert likeness(chosen, channels[:, 2 - number]) < 0.3


@pytest.mark.parametrize("name", WRITERS)
def test_the_mix_is_the_same_measured_or_not(tmp_path: Path, song: Samples, name: str) -> None:
    path, rate_hz = write_pair(name, tmp_path, pair(song))
    np.testing.assert_array_equal(
        load(path, None, measured=True, rate_hz=rate_hz), load(path, None, measured=False, rate_hz=rate_hz)
    )


@pytest.mark.parametrize("n_channels", [1, 2, 3, 8])
@pytest.mark.parametrize("name", ["pcm_16.wav", "pcm_24.flac", "pcm_16.caf"])
def test_the_mix_is_the_mean_to_the_bit(tmp_path: Path, song: Samples, name: str, n_channels: int) -> None:
    channels = np.stack([np.roll(song, 997 * number) for number in range(n_channels)], axis=1)
    path = WRITERS[name](tmp_path / name, channels, RATE_HZ)
    read, _ = soundfile.read(path, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(load(path, None, measured=True), to_mono(read))
    for number in range(1, n_channels + 1):
        np.testing.assert_array_equal(load(path, number, measured=True), read[:, number - 1])
        np.testing.assert_array_equal(load(path, number), read[:, number - 1])


@pytest.mark.parametrize("channel", [3, 32, 40_000])
@pytest.mark.parametrize("name", ["pcm_16.wav", "aac.m4a", "mp3.mp3"])
def test_a_channel_that_is_not_there_is_refused(
    tmp_path: Path, song: Samples, decoders: DecoderPool, name: str, channel: int
) -> None:
    path, _ = write_pair(name, tmp_path, pair(song))
    with pytest.raises(PermanentError, match=f"has 2 channels: there is no channel {channel}"):
        load(path, channel)
    with pytest.raises(PermanentError, match=f"has 2 channels: there is no channel {channel}"):
        decoders.load(path, 0.0, 5.0, [AS_IS], duration_s=DURATION_S, channel=channel)
    assert len(waveform(decoders.load(path, 0.0, 5.0, [AS_IS], duration_s=DURATION_S, channel=2))) == 5 * RATE_HZ


@pytest.mark.parametrize("name", ["pcm_16.flac", "mp3.mp3", "aac.m4a", "vorbis.ogg"])
def test_a_decoder_reads_channels_by_turns_as_it_reads_each_alone(
    tmp_path: Path, song: Samples, decoders: DecoderPool, name: str
) -> None:
    path, _ = write_pair(name, tmp_path, pair(song))
    alone = {channel: load(path, channel) for channel in (1, 2)}
    for start_s in (0.0, 5.0, 10.0):
        segment = Segment(0, start_s, start_s + 5.0)
        for channel, measured in ((1, segment), (2, None)):
            audio = decoders.load(
                path, start_s, start_s + 5.0, [AS_IS], duration_s=DURATION_S, channel=channel, measured=measured
            )
            first = round(start_s * RATE_HZ)
            np.testing.assert_allclose(
                waveform(audio), alone[channel][first : first + 5 * RATE_HZ], atol=1e-4 if name == "mp3.mp3" else 0
            )
            assert [each.code for each in audio.warnings] == (["channels_differ"] if measured else [])


def test_the_channels_of_a_damaged_flac_stay_apart(tmp_path: Path, song: Samples) -> None:
    path = damage(write_sound(tmp_path / "damaged.flac", pair(song), RATE_HZ), 0.5, 2000)
    for channel in (1, 2):
        for measured in (None, WHOLE):
            audio = load_audio(
                path, 0.0, DURATION_S, [AS_IS], duration_s=DURATION_S, channel=channel, measured=measured
            )
            assert audio.lost
            before, after = slice(0, 5 * RATE_HZ), slice(16 * RATE_HZ, 20 * RATE_HZ)
            for part in (before, after):
                np.testing.assert_allclose(waveform(audio)[part], pair(song)[part, channel - 1], atol=1e-4)


@pytest.mark.parametrize("name", ["pcm_16.wav", "pcm_16.flac", "pcm_24.flac", "mp3.mp3", "aac.m4a", "vorbis.ogg"])
@pytest.mark.parametrize(
    ("second", "expected"),
    [(-1.0, ["channels_cancel"]), (0.0, ["channels_differ"]), (1.0, [])],
    ids=["inverted", "silent", "the same"],
)
def test_a_fault_is_found_in_every_format(
    tmp_path: Path, song: Samples, name: str, second: float, expected: list[str]
) -> None:
    path, _ = write_pair(name, tmp_path, np.stack([song, np.float32(second) * song], axis=1))
    audio = load_audio(path, -5.0, DURATION_S + 5.0, [MODEL], duration_s=DURATION_S, measured=WHOLE)
    assert [str(each.code) for each in merge_warnings(audio.warnings)] == expected


@pytest.mark.parametrize(
    "name", ["pcm_u8.wav", "pcm_16.wav", "pcm_24.wav", "float.wav", "pcm_24.flac", "mp3.mp3", "aac.m4a"]
)
def test_clipping_is_found_in_every_format(tmp_path: Path, song: Samples, name: str) -> None:
    loud = np.clip(np.stack([20 * song, song], axis=1), -1, 1).astype(np.float32)
    path, _ = write_pair(name, tmp_path, loud)
    found = load_audio(path, 0.0, DURATION_S, [MODEL], duration_s=DURATION_S, measured=WHOLE).warnings
    assert [each.channel for each in found if each.code == "clipped"] == [1]


@pytest.mark.parametrize("name", ["pcm_16.wav", "pcm_16.flac", "aac.m4a", "mp3.mp3"])
def test_a_silent_second_half_is_found_to_a_fraction_of_a_second(tmp_path: Path, song: Samples, name: str) -> None:
    half = song.copy()
    half[10 * RATE_HZ :] = 0.0
    path, _ = write_pair(name, tmp_path, np.stack([half, half], axis=1))
    audio = load_audio(path, 0.0, DURATION_S, [MODEL], duration_s=DURATION_S, measured=WHOLE)
    (warning,) = merge_warnings(audio.warnings)
    assert warning.code == "silence"
    assert warning.start_s == pytest.approx(10.0, abs=0.2)
    assert warning.end_s == pytest.approx(20.0, abs=0.2)


def test_a_source_that_is_not_measured_keeps_one_channel(tmp_path: Path, song: Samples) -> None:
    path, _ = write_pair("aac.m4a", tmp_path, pair(song))
    with open_source(path, 2, measured=False) as source:
        load_from(source, 0.0, 5.0, [AS_IS], duration_s=DURATION_S)
        assert {piece.samples.shape[1] for piece in source._reader.read(0, 1000)} == {1}


def test_samples_that_are_no_numbers_are_mixed_without_a_warning() -> None:
    channels = np.array([[np.inf, -np.inf], [3e38, 3e38], [np.nan, 0], [0.5, 0.25]], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mono = to_mono(channels)
    assert list(np.isfinite(mono)) == [False, False, False, True]
    assert mono[3] == 0.375
