"""A spectrogram shows each sound where it is, in time and frequency, whatever picture shows it."""

from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.pictures.spectrogram_grid import ABSENT, COLUMNS, FULL_SCALE, ROWS
from dawn_chorus.inference.pictures import spectrogram
from dawn_chorus.inference.pictures.spectrogram import Columns, Levels, draw_levels
from tests.unit.inference.audio_files import Samples, write_sound
from tests.unit.inference.lent_files import lent_file

RATES_HZ = (8000, 22050, 44100, 48000, 96000, 192000, 250000)


def draw(path: Path, span_s: float, index: int, duration_s: float, channel: int | None = None) -> Levels:
    with lent_file(path) as sound:
        return draw_levels(sound, Columns(index * COLUMNS, COLUMNS, span_s / COLUMNS, channel, duration_s))


def row_of(hz: float, rate_hz: int) -> int:
    return ROWS - 1 - int(hz * 2 * ROWS / rate_hz)


def center_of(row: int, rate_hz: int) -> float:
    return (row + 0.5) * rate_hz / 2 / ROWS


def beep(hz: float, rate_hz: int, begin_s: float, end_s: float, duration_s: float) -> Samples:
    """Return a sine of full scale from `begin_s` to `end_s`, (n_samples,)."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    sine = np.sin(2 * np.pi * hz * time_s) * ((time_s >= begin_s) & (time_s < end_s))
    return sine.astype(np.float32)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("row", [3, 100, 250])
def test_a_tone_is_in_its_row_and_has_its_level(tmp_path: Path, rate_hz: int, row: int) -> None:
    hz = center_of(row, rate_hz)
    path = write_sound(tmp_path / "tone.wav", beep(hz, rate_hz, 0, 3, 3), rate_hz)
    for span_s in (2, 16, 512):
        levels = draw(path, span_s, 0, 3.0)
        edge = 1 + int(1024 / rate_hz * COLUMNS / span_s)  # the tone's beginning and end sound like clicks
        inside = levels[:, edge : min(COLUMNS, int(3 * COLUMNS / span_s)) - edge]
        assert (inside.argmax(axis=0) == row_of(hz, rate_hz)).all(), span_s
        assert np.abs(inside.max(axis=0).astype(int) - FULL_SCALE).max() <= 1, "0 dB is a sine of full scale"
        far = np.delete(inside, range(row_of(hz, rate_hz) - 3, row_of(hz, rate_hz) + 4), axis=0)
        assert far.max() < FULL_SCALE - 2 * 45


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_beep_is_in_its_columns(tmp_path: Path, rate_hz: int) -> None:
    hz = center_of(100, rate_hz)
    path = write_sound(tmp_path / "beep.wav", beep(hz, rate_hz, 5.0, 5.5, 8), rate_hz)
    for span_s in (4, 8):
        row = np.concatenate([draw(path, span_s, index, 8.0)[row_of(hz, rate_hz)] for index in range(8 // span_s)])
        loud = np.flatnonzero(row >= FULL_SCALE - 2 * 6)
        column_s = span_s / COLUMNS
        assert abs(loud[0] * column_s - 5.0) <= column_s + 1024 / rate_hz
        assert abs((loud[-1] + 1) * column_s - 5.5) <= column_s + 1024 / rate_hz


def test_neighbors_fit_however_the_time_is_cut(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 20 * 22050).astype(np.float32)
    path = write_sound(tmp_path / "noise.wav", noise, 22050)
    with lent_file(path) as sound:
        whole = draw_levels(sound, Columns(0, 3 * COLUMNS, 4 / COLUMNS, None, 20.0))
    parts = np.concatenate([draw(path, 4, index, 20.0) for index in range(3)], axis=1)
    assert np.array_equal(whole, parts)


def test_blocks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, 10 * 16000).astype(np.float32)
    path = write_sound(tmp_path / "noise.flac", noise, 16000)
    at_once = draw(path, 8, 0, 10.0)
    monkeypatch.setattr(spectrogram, "BLOCK_SAMPLES", 3001)
    assert np.array_equal(draw(path, 8, 0, 10.0), at_once)


def test_every_sample_counts_in_a_long_column(tmp_path: Path) -> None:
    """A click of a millisecond shows at every zoom, wherever in its column it is."""
    rate_hz = 22050
    for begin_s in np.linspace(20.01, 20.98, 12):
        samples = np.zeros(40 * rate_hz, np.float32)
        begin = int(begin_s * rate_hz)
        samples[begin : begin + 22] = 0.9
        path = write_sound(tmp_path / "click.wav", samples, rate_hz)
        for span_s in (16, 256, 512):
            levels = draw(path, span_s, int(20 // span_s), 40.0)
            loudest = int(levels.max(axis=0).argmax())
            assert levels.max() > 60
            assert abs((loudest + 0.5) * span_s / COLUMNS + 20 // span_s * span_s - begin_s) <= span_s / COLUMNS


@pytest.mark.parametrize("shown", [None, 1, 2, 3])
def test_a_channel_is_shown_alone_and_the_mix_is_their_mean(tmp_path: Path, shown: int | None) -> None:
    tones = [beep(center_of(row, 48000), 48000, 0, 3, 3) for row in (20, 120, 220)]
    path = write_sound(tmp_path / "three.wav", np.stack(tones, axis=1) * np.float32(0.99), 48000)
    column = draw(path, 4, 0, 3.0, shown)[:, 100].astype(int)
    for channel, row in enumerate((20, 120, 220), start=1):
        db = (column[ROWS - 1 - row] - FULL_SCALE) / 2
        if shown is None:
            assert abs(db + 20 * np.log10(3)) <= 1
        else:
            assert abs(db) <= 1 if shown == channel else db < -60


def test_inverted_wiring_is_silent_in_the_mix_alone(tmp_path: Path) -> None:
    tone = beep(1000, 8000, 0, 3, 3) * np.float32(0.5)
    path = write_sound(tmp_path / "inverted.wav", np.stack([tone, -tone], axis=1), 8000)
    assert draw(path, 4, 0, 3.0)[:, :384].max() < FULL_SCALE - 2 * 90
    assert draw(path, 4, 0, 3.0, 2).max() > 200


def test_there_is_nothing_behind_the_end(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, 3 * 8000).astype(np.float32)
    path = write_sound(tmp_path / "noise.wav", noise, 8000)
    for span_s in (2, 4, 256):
        levels = draw(path, span_s, 2 // span_s, 3.0)
        n_heard = int(((3.0 - 2 // span_s * span_s) / span_s) * COLUMNS)
        assert (levels[:, :n_heard] != ABSENT).all()
        assert (levels[:, n_heard + 1 :] == ABSENT).all()


def test_what_is_lost_is_no_silence(tmp_path: Path) -> None:
    noise = np.random.default_rng(4).normal(0, 0.1, (10 * 8000)).astype(np.float32)
    noise[3 * 8000 : 4 * 8000] = np.nan
    noise[6 * 8000 : 7 * 8000] = 0
    path = write_sound(tmp_path / "holes.wav", noise, 8000, coding="FLOAT")
    levels = draw(path, 16, 0, 10.0)
    column = np.arange(COLUMNS) / 32
    absent = (levels == ABSENT).all(axis=0)
    assert np.array_equal(absent, ((column >= 3) & (column < 4)) | (column >= 10))
    assert (levels[:, (column > 6.1) & (column < 6.9)] == 1).all(), "digital silence is sound, of the lowest level"
