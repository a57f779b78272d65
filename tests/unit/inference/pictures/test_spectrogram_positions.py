"""Pictures of damaged and joined files show each sound where the analysis hears it, and what is lost as lost."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.pictures.spectrogram_grid import ABSENT, COLUMNS
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.pictures.spectrogram import Columns, draw_levels
from tests.unit.inference.audio_files import Samples, write_sound
from tests.unit.inference.lent_files import facts_of, lent_file

RATE_HZ, SECONDS, SPAN_S = 16000, 24, 8


def beeps() -> Samples:
    """Return noise with a loud beep of a quarter of a second in the middle of each second."""
    time_s = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    sounding = np.abs(time_s % 1 - 0.5) < 0.125
    noise = np.random.default_rng(0).normal(0, 0.01, len(time_s))
    return (noise + 0.4 * np.sin(2 * np.pi * 3000 * time_s) * sounding).astype(np.float32)


def whole_flac(folder: Path) -> Path:
    return write_sound(folder / "whole.flac", beeps(), RATE_HZ)


def cut_flac(folder: Path) -> Path:
    whole = whole_flac(folder).read_bytes()
    path = folder / "cut.flac"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


def damaged_flac(folder: Path) -> Path:
    content = bytearray(whole_flac(folder).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8000] = bytes(8000)
    path = folder / "damaged.flac"
    path.write_bytes(content)
    return path


def chained_ogg(folder: Path) -> Path:
    half = SECONDS * RATE_HZ // 2
    parts = [
        write_sound(folder / f"{number}.ogg", beeps()[number * half : (number + 1) * half], RATE_HZ).read_bytes()
        for number in range(2)
    ]
    path = folder / "chained.ogg"
    path.write_bytes(b"".join(parts))
    return path


def joined_wavs(folder: Path) -> Path:
    half = SECONDS * RATE_HZ // 2
    slow = write_sound(folder / "slow.wav", beeps()[::2][: half // 2], RATE_HZ // 2).read_bytes()
    fast = write_sound(folder / "fast.wav", beeps()[half:], RATE_HZ).read_bytes()
    path = folder / "joined.wav"
    path.write_bytes(slow + fast)
    return path


def mp3(folder: Path) -> Path:
    return write_sound(folder / "beeps.mp3", beeps(), RATE_HZ)


@pytest.mark.parametrize("write", [whole_flac, cut_flac, damaged_flac, chained_ogg, joined_wavs, mp3])
def test_beeps_are_where_the_analysis_hears_them(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    path = write(tmp_path)
    known = facts_of(path)
    with open_source(path) as source:
        heard, lost = source.read(0, SECONDS * source.sample_rate_hz)
        rate_hz, end = source.sample_rate_hz, source.n_samples or len(heard)
    gone = [(each.start_s, each.end_s) for each in lost] + [(end / rate_hz, float(SECONDS + SPAN_S))]
    for index in range(SECONDS // SPAN_S):
        with lent_file(path, known) as sound:
            columns = Columns(index * COLUMNS, COLUMNS, SPAN_S / COLUMNS, None, known["audio"]["duration_s"])
            levels = draw_levels(sound, columns)
        in_row = levels[255 - 3000 * 512 // rate_hz].astype(int)
        for column in range(2, COLUMNS - 2):
            begin_s, end_s = ((index * COLUMNS + edge) * SPAN_S / COLUMNS for edge in (column, column + 1))
            around = np.abs(heard[round(begin_s * rate_hz) - 400 : round(end_s * rate_hz) + 350]).reshape(-1, 50)
            if any(first <= begin_s and end_s <= last for first, last in gone):
                assert in_row[column] == ABSENT, begin_s
            elif not any(first < end_s and begin_s < last for first, last in gone):
                assert in_row[column] != ABSENT, begin_s
            if around.max(axis=1).min() > 0.3:
                assert in_row[column] > 200, f"a beep is heard at {begin_s} s"
            elif around.max() < 0.1:
                assert in_row[column] < 200, f"no beep is heard at {begin_s} s"
