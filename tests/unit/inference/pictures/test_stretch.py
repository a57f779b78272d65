"""A stretch of a recording holds the samples that decoding from the start gives, and says what is lost of it."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.errors import TransientError
from dawn_chorus.inference.audio.opening import open_source
from tests.unit.inference.audio_files import (
    WRITERS,
    Samples,
    damage,
    declare_data_bytes,
    declare_flac_samples,
    real_sound,
    truncate,
    write_as,
    write_sound,
)
from tests.unit.inference.lent_files import Ranges, facts_of, lent_file, lent_ranges

NOISY = {"adts.aac", "aac.m4a"}
"""FFmpeg's encoder replaces noise by an order to make noise: each decoder that begins somewhere makes another one."""
WAYS = pytest.mark.parametrize("by_ranges", [False, True], ids=["file", "ranges"])


def decode(path: Path) -> Samples:
    """Return (n_samples, n_channels), decoded from the start, zeros where nothing could be."""
    with open_source(path) as source:
        samples = np.zeros((source.length(), source.channels), np.float32)
        for piece in source.read_pieces(0, len(samples)):
            samples[piece.first : piece.end] = piece.samples
        return samples


@WAYS
@pytest.mark.parametrize("name", WRITERS)
def test_a_stretch_is_what_decoding_from_the_start_gives(
    audio_dir: Path, tmp_path: Path, name: str, *, by_ranges: bool
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = write_as(name, tmp_path, samples, rate_hz)
    whole = decode(path)
    first, end = 7 * rate_hz + 11, 9 * rate_hz + 23
    with lent_ranges(path, Ranges()) if by_ranges else lent_file(path) as sound:
        for begin, stop in [(first, end), (0, 1000), (end, end + rate_hz), (len(whole) - 1000, len(whole))]:
            stretch = sound.read(begin, stop)
            assert (stretch.first, stretch.end, stretch.lost) == (begin, stop, ())
            if name in NOISY and begin > 0 and stop < len(whole):
                assert np.corrcoef(stretch.samples[0], whole[begin:stop, 0])[0, 1] > 0.9
            elif name not in NOISY:
                np.testing.assert_allclose(stretch.samples, whole[begin:stop].T, atol=2e-5)


def cat(path: Path) -> Path:
    path.write_bytes(path.read_bytes() * 2)
    return path


BROKEN: dict[str, Callable[[Path], Path]] = {
    "cut": lambda path: truncate(path, 0.7),
    "damaged": lambda path: damage(path, 0.5, 3000),
    "damaged often": lambda path: damage(damage(damage(path, 0.3, 300), 0.4, 300), 0.6, 300),
    "twice": cat,
}


@WAYS
@pytest.mark.parametrize(
    ("name", "change"),
    [
        *product(["pcm_16.wav", "pcm_16.flac", "vorbis.ogg", "opus.opus", "mp3.mp3"], BROKEN),
        *product(["alac.m4a"], ["damaged", "damaged often", "twice"]),  # its header stands at the end
    ],
)
def test_of_a_broken_recording_a_stretch_is_what_the_usual_reader_gives(
    audio_dir: Path, tmp_path: Path, name: str, change: str, *, by_ranges: bool
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = BROKEN[change](write_as(name, tmp_path, samples, rate_hz))
    whole, known = decode(path), facts_of(path)
    with lent_ranges(path, Ranges(), known) if by_ranges else lent_file(path, known) as sound:
        for start_s in (1.0, 9.5, 25.0):
            first = round(start_s * sound.sample_rate_hz)
            end = min(first + 2 * sound.sample_rate_hz, len(whole))
            if first < end:
                stretch = sound.read(first, end)
                np.testing.assert_allclose(stretch.samples, whole[first:end].T, atol=2e-5)


@WAYS
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("pcm_16.wav", lambda path: declare_data_bytes(path, 0)),
        ("pcm_16.wav", lambda path: declare_data_bytes(path, 1_000)),
        ("pcm_16.wav", lambda path: declare_data_bytes(path, 0x7FFFFFF0)),
        ("pcm_16.flac", lambda path: declare_flac_samples(path, 0)),
        ("pcm_16.flac", lambda path: declare_flac_samples(path, 500_000)),
    ],
)
def test_a_wrong_length_in_the_header_misleads_nobody(
    audio_dir: Path, tmp_path: Path, name: str, change: Callable[[Path], Path], *, by_ranges: bool
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = change(write_as(name, tmp_path, samples, rate_hz))
    whole, known = decode(path), facts_of(path)
    first, end = 15 * rate_hz, 16 * rate_hz
    with lent_ranges(path, Ranges(), known) if by_ranges else lent_file(path, known) as sound:
        stretch = sound.read(first, end)
    expected = np.zeros((end - first, 2), np.float32)
    expected[: max(0, len(whole) - first)] = whole[first:end]
    np.testing.assert_allclose(stretch.samples, expected.T, atol=2e-5)


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")  # of a library's callback
@pytest.mark.parametrize("fails_at", [0, 1])
@pytest.mark.parametrize("name", WRITERS)
def test_a_read_that_fails_is_never_taken_for_the_end_and_told_once(
    audio_dir: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, fails_at: int
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path, ranges = write_as(name, tmp_path, samples, rate_hz), Ranges(fails_at=fails_at)
    known, failure, stretch = facts_of(path), None, None
    capfd.readouterr()
    with lent_ranges(path, ranges, known) as sound:
        try:
            stretch = sound.read(7 * rate_hz, 19 * rate_hz)
        except TransientError as error:
            failure = str(error)
    assert capfd.readouterr().err == ""
    assert len(ranges.lengths) <= fails_at, "after it nothing is asked for"
    if ranges.has_failed:
        assert failure == "the store of recordings does not answer: ask again"
    else:
        assert stretch is not None
        assert not stretch.lost


def test_what_leads_nowhere_by_ranges_is_read_whole_if_it_may_be(audio_dir: Path, tmp_path: Path) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = cat(write_as("pcm_16.flac", tmp_path, samples, rate_hz))
    whole, known, ranges = decode(path), facts_of(path), Ranges()
    with lent_ranges(path, ranges, known, most_bytes=600_000) as sound:
        stretch = sound.read(25 * rate_hz, 26 * rate_hz)
    assert ranges.asked_for_whole
    np.testing.assert_array_equal(stretch.samples, whole[25 * rate_hz : 26 * rate_hz].T)
    refused = Ranges(may_be_whole=False)
    with lent_ranges(path, refused, known, most_bytes=600_000) as sound, pytest.raises(TransientError, match="whole"):
        sound.read(25 * rate_hz, 26 * rate_hz)


def test_what_is_past_the_end_is_silent_and_lost(audio_dir: Path, tmp_path: Path) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = write_sound(tmp_path / "sound.wav", samples, rate_hz)
    n_samples = len(samples)
    with lent_file(path) as sound:
        stretch = sound.read(n_samples - 100, n_samples + 50)
    assert stretch.lost == ((n_samples, n_samples + 50),)
    assert not stretch.samples[:, 100:].any()


def test_samples_that_are_no_numbers_are_silent_and_lost(tmp_path: Path) -> None:
    samples = np.full((1000, 2), 0.25, np.float32)
    samples[100, 0], samples[101, 1] = np.nan, 1e20
    path = write_sound(tmp_path / "sound.wav", samples, 8000, coding="FLOAT")
    with lent_file(path) as sound:
        stretch = sound.read(50, 200)
    assert stretch.lost == ((100, 102),)
    assert np.abs(stretch.samples).max() == np.float32(0.25)
