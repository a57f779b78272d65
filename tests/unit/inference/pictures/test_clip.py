"""A clip holds the samples of its stretch, at a rate that browsers play, in every format."""

import io
import os
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.pictures.answer import AnswerFile
from dawn_chorus.inference.pictures.clip import CONTENT_TYPES, choose_form, write_clip
from dawn_chorus.inference.pictures.stretch import open_sound
from tests.unit.inference.audio_files import Samples, damage, real_sound, stereo, write_sound

RATE_HZ = 24000


class Received:
    """What the API writes of an answer."""

    def __init__(self) -> None:
        self.content = bytearray()

    def sendall(self, sent: bytes) -> None:
        position, length = struct.unpack_from("<QQ", sent)
        assert len(sent) == 16 + length <= 16 + (1 << 20)
        self.content += bytes(max(0, position + length - len(self.content)))
        self.content[position : position + length] = sent[16:]


def cut(
    path: Path, start_s: float, end_s: float, name: str, slow: int = 1, channel: int | str | None = None
) -> tuple[Any, bytes]:
    """Return what a child says of a clip, and the clip."""
    received, facts, descriptor = Received(), path.stat(), os.open(path, os.O_RDONLY)
    request = {"start_s": start_s, "end_s": end_s, "format": name, "slow": slow, "channel": channel}
    answer = AnswerFile(received)
    try:
        with open_sound({"name": path.name, "size": facts.st_size, "version": (0, 0)}, [descriptor]) as sound:
            about = write_clip(sound, request, answer)
    finally:
        os.close(descriptor)
    answer.finish()
    return about, bytes(received.content)


def decode(content: bytes) -> tuple[Samples, int]:
    """Return (n_samples, n_channels), and the rate."""
    samples, rate_hz = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    return samples, rate_hz


def noise(n_samples: int, channels: int = 1) -> Samples:
    return np.random.default_rng(0).normal(0, 0.1, (n_samples, channels)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "recorded_hz", "slow", "played_hz"),
    [
        ("flac", 48000, 1, 48000),
        ("flac", 192_000, 1, 192_000),
        ("flac", 250_000, 1, 48000),
        ("flac", 250_000, 10, 25000),
        ("flac", 48000, 10, 9600),
        ("flac", 44100, 10, 8820),
        ("flac", 500, 10, 8000),
        ("flac", 5_000_000, 10, 48000),
        ("wav", 250_000, 1, 250_000),
        ("wav", 250_000, 10, 25000),
        ("wav", 44100, 10, 8820),
        ("wav", 2000, 1, 2000),
        ("opus", 250_000, 1, 48000),
        ("opus", 250_000, 10, 48000),
        ("opus", 22050, 1, 24000),
        ("opus", 48000, 10, 8000),
        ("mp3", 44100, 1, 44100),
        ("mp3", 96000, 1, 48000),
        ("mp3", 48000, 10, 16000),
    ],
)
def test_every_rate_becomes_one_that_browsers_play(name: str, recorded_hz: int, slow: int, played_hz: int) -> None:
    form = choose_form(name, recorded_hz, slow, 1)
    assert form.rate_hz == played_hz
    assert (form.resampled_hz is None) == (played_hz * slow == recorded_hz)


@pytest.mark.parametrize(("name", "most"), [("flac", 8), ("wav", 64), ("opus", 2), ("mp3", 2)])
def test_more_channels_than_a_format_has_become_their_mean(name: str, most: int) -> None:
    forms = [choose_form(name, 48000, 1, channels) for channels in (1, most, most + 1)]
    assert [form.channels for form in forms] == [1, most, most + 1 if name == "wav" else 1]
    assert forms[2].is_mix == (name != "wav")


@pytest.mark.parametrize("coding", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE"])
def test_a_wav_holds_exactly_the_samples_that_are_analyzed(tmp_path: Path, coding: str) -> None:
    path = write_sound(tmp_path / "sound.wav", noise(5 * RATE_HZ, 2) * 5, RATE_HZ, coding=coding)
    _, content = cut(path, 1.23456, 3.1, "wav")
    with open_source(path) as source:
        (piece,) = source.read_pieces(round(1.23456 * RATE_HZ), round(3.1 * RATE_HZ))
    np.testing.assert_array_equal(decode(content)[0], piece.samples)


def test_a_flac_of_floating_point_has_24_bits_and_does_not_wrap_beyond_full_scale(tmp_path: Path) -> None:
    samples = noise(RATE_HZ) * 20
    path = write_sound(tmp_path / "sound.wav", samples, RATE_HZ, coding="FLOAT")
    _, content = cut(path, 0, 1, "flac")
    assert soundfile.info(io.BytesIO(content)).subtype == "PCM_24"
    np.testing.assert_allclose(decode(content)[0], np.clip(samples, -1, 1), atol=2**-23)


@pytest.mark.parametrize("name", CONTENT_TYPES)
@pytest.mark.parametrize("slow", [1, 10])
def test_the_same_request_gives_the_same_bytes_and_one_sample_is_a_clip(tmp_path: Path, name: str, slow: int) -> None:
    path = write_sound(tmp_path / "sound.wav", noise(RATE_HZ, 2), RATE_HZ)
    assert cut(path, 0.1, 0.9, name, slow) == cut(path, 0.1, 0.9, name, slow)
    _, content = cut(path, 0.5, 0.5 + 1 / RATE_HZ, name, slow)
    with av.open(io.BytesIO(content), "r") as opened:
        assert sum(frame.samples for frame in opened.decode(audio=0)) >= 1


@pytest.mark.parametrize("name", CONTENT_TYPES)
@pytest.mark.parametrize(("rate_hz", "slow"), [(250_000, 1), (250_000, 10), (44100, 1), (8000, 10)])
def test_a_call_stays_where_it_was(tmp_path: Path, name: str, rate_hz: int, slow: int) -> None:
    """A second of silence but for a click in the middle; resampled or slow, the click is in the middle of the clip."""
    samples = np.zeros((2 * rate_hz, 1), np.float32)
    samples[rate_hz : rate_hz + rate_hz // 1000] = 0.5
    path = write_sound(tmp_path / "sound.wav", samples, rate_hz)
    about, content = cut(path, 0.5, 1.5, name, slow)
    heard, played_hz = decode(content)
    assert name == "opus" or played_hz == about["sample_rate_hz"]
    assert len(heard) / played_hz == pytest.approx(slow, abs=0.06)
    assert abs(int(np.abs(heard[:, 0]).argmax()) / played_hz / slow - 0.5) < 0.03


def test_a_resampled_flac_lasts_as_long_to_the_sample(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "sound.wav", noise(5 * 250_000), 250_000)
    heard, _ = decode(cut(path, 1, 4.5, "flac")[1])
    assert len(heard) == round(3.5 * 48000)


@pytest.mark.parametrize("name", CONTENT_TYPES)
def test_one_channel_of_many_and_all_of_them(tmp_path: Path, name: str) -> None:
    samples = np.zeros((RATE_HZ, 4), np.float32)
    samples[:, 2] = noise(RATE_HZ)[:, 0]
    path = write_sound(tmp_path / "sound.wav", samples, RATE_HZ)
    assert decode(cut(path, 0, 1, name, channel=3)[1])[0].std() == pytest.approx(0.1, abs=0.03)
    assert np.abs(decode(cut(path, 0, 1, name, channel=1)[1])[0]).max() < 1e-6
    about, content = cut(path, 0, 1, name)
    assert about["channels"] == decode(content)[0].shape[1] == (1 if name in ("opus", "mp3") else 4)
    about, content = cut(path, 0, 1, name, channel="mix")
    assert about["is_mix"]
    assert decode(content)[0].std() == pytest.approx(0.025, abs=0.01)
    with pytest.raises(PermanentError, match="no channel 5"):
        cut(path, 0, 1, name, channel=5)


def test_what_is_damaged_is_silent_and_told(audio_dir: Path, tmp_path: Path) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = damage(write_sound(tmp_path / "sound.flac", stereo(samples), rate_hz), 0.5, 20_000)
    middle_s = len(samples) / rate_hz / 2
    about, content = cut(path, middle_s - 2, middle_s + 2, "wav")
    clip, _ = decode(content)
    assert about["lost"]
    for begin_s, end_s in about["lost"]:
        first, end = (round((edge_s - middle_s + 2) * rate_hz) for edge_s in (begin_s, end_s))
        assert not clip[first:end].any()


def test_a_clip_across_joined_recordings_is_what_is_analyzed(audio_dir: Path, tmp_path: Path) -> None:
    samples, rate_hz = real_sound(audio_dir)
    first, second = samples[: 5 * rate_hz], samples[5 * rate_hz : 9 * rate_hz]
    parts = [
        write_sound(tmp_path / "1.wav", first, rate_hz),
        write_sound(tmp_path / "2.flac", second, rate_hz),
    ]
    path = tmp_path / "joined.wav"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with open_source(path) as source:
        expected, lost = source.read(round(3.5 * rate_hz), round(6.5 * rate_hz))
    about, content = cut(path, 3.5, 6.5, "wav")
    assert (about["lost"], lost) == ([], [])
    np.testing.assert_array_equal(decode(content)[0][:, 0], expected)
