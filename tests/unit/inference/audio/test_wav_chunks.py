"""WAV files as recorders and editors write them: odd sizes, odd chunks, odd samples, and every sample is read."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.errors import UndecodableAudio
from dawn_chorus.inference.audio.probe import measure_duration_s, probe_audio
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_audio
from tests.unit.inference.audio_files import (
    Samples,
    declare_data_bytes,
    find_data_chunk,
    own_rate,
    real_sound,
    write_sound,
)

RATE_HZ = 44100
SECONDS = 12


@pytest.fixture(scope="module")
def sound(audio_dir: Path) -> Samples:
    return real_sound(audio_dir)[0][: SECONDS * RATE_HZ]


def load_whole(path: Path, duration_s: float = SECONDS) -> LoadedAudio:
    return load_audio(path, 0.0, duration_s, [WaveformFormat(RATE_HZ, "soxr_hq")], duration_s=duration_s)


def chunk(name: bytes, content: bytes, *, pad: bool = True) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2 if pad else 0)


def sized(form: bytes, body: bytes) -> bytes:
    return form + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def fmt(
    rate_hz: int = RATE_HZ, channels: int = 1, sample_bytes: int = 2, bits: int | None = None, *, valid: int = 0
) -> bytes:
    frame = channels * sample_bytes
    bits = bits or 8 * sample_bytes
    if not valid:
        return chunk(b"fmt ", struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * frame, frame, bits))
    body = struct.pack("<HHIIHH", 0xFFFE, channels, rate_hz, rate_hz * frame, frame, bits)
    body += struct.pack("<HHIH", 22, valid, 0, 1) + bytes.fromhex("000000001000800000aa00389b71")
    return chunk(b"fmt ", body)


def pcm_16(sound: Samples) -> bytes:
    return (sound * 32767).astype("<i2").tobytes()


def data(sound: Samples) -> bytes:
    return chunk(b"data", pcm_16(sound))


@pytest.mark.parametrize("more_bytes", [44, 8, 2, 1, 440, -2, -44])
@pytest.mark.parametrize("coding", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_size_that_is_off_by_some_bytes_is_rounding(
    tmp_path: Path, sound: Samples, coding: str, more_bytes: int
) -> None:
    path = write_sound(tmp_path / "off.wav", sound, RATE_HZ, coding=coding)
    wav = path.read_bytes()
    at, size = find_data_chunk(wav)
    path.write_bytes(wav[: at + 4 + size])  # libsndfile appends chunks to float files
    declare_data_bytes(path, size + more_bytes)
    assert probe_audio(path).duration_s == measure_duration_s(path) == SECONDS
    for claimed_s in (SECONDS, SECONDS + 0.0099, SECONDS + 44 / 2 / RATE_HZ):  # the ledger may hold an older claim
        assert load_whole(path, claimed_s).lost == ()


def test_a_size_that_is_off_by_ten_milliseconds_is_a_loss_that_says_where(tmp_path: Path, sound: Samples) -> None:
    path = write_sound(tmp_path / "off.wav", sound, RATE_HZ)
    declare_data_bytes(path, 2 * len(sound) + 2 * 882)
    assert probe_audio(path).duration_s == SECONDS + 0.02
    (lost,) = load_whole(path, SECONDS + 0.02).lost
    assert (lost.start_s, lost.end_s) == (SECONDS, SECONDS + 0.02)
    assert lost.reason == "the audio ends at 12.000 s, the header claims 12.020 s"


ODD = b"INFOISFT\x05\x00\x00\x00abcde"

LAYOUTS: dict[str, Callable[[Samples], bytes]] = {
    "two data chunks": lambda x: sized(b"RIFF", fmt() + data(x[:100_000]) + data(x[100_000:])),
    "three data chunks with notes between them": lambda x: sized(
        b"RIFF",
        fmt() + data(x[:7]) + chunk(b"LIST", ODD) + data(x[7:200_000]) + chunk(b"JUNK", b"") + data(x[200_000:]),
    ),
    "an empty data chunk before the samples": lambda x: sized(b"RIFF", fmt() + data(x[:0]) + data(x)),
    "a PEAK chunk of a wrong size": lambda x: sized(b"RIFF", fmt() + chunk(b"PEAK", bytes(6)) + data(x)),
    "a fact chunk of no size": lambda x: sized(b"RIFF", fmt() + chunk(b"fact", b"") + data(x)),
    "a bext chunk that is too short": lambda x: sized(b"RIFF", chunk(b"bext", b"hello") + fmt() + data(x)),
    "four zero bytes before the data": lambda x: sized(b"RIFF", fmt() + bytes(4) + data(x)),
    "eight zero bytes before the data": lambda x: sized(b"RIFF", fmt() + bytes(8) + data(x)),
    "one stray byte before the data": lambda x: sized(b"RIFF", fmt() + b"\x01" + data(x)),
    "an odd LIST without its pad byte": lambda x: sized(b"RIFF", fmt() + chunk(b"LIST", ODD, pad=False) + data(x)),
    "an odd LIST with its pad byte": lambda x: sized(b"RIFF", fmt() + chunk(b"LIST", ODD) + data(x)),
    "an odd LIST before the format": lambda x: sized(b"RIFF", chunk(b"LIST", ODD, pad=False) + fmt() + data(x)),
    "a LIST that claims to reach beyond the file": lambda x: sized(
        b"RIFF", fmt() + b"LIST" + struct.pack("<I", 1 << 31) + b"INFOno data here" + data(x)
    ),
    "an odd chunk without its pad byte behind the samples": lambda x: sized(
        b"RIFF", fmt() + data(x) + chunk(b"guan", b"GUANO|Version:1.0", pad=False) + chunk(b"LIST", ODD)
    ),
    "RF64 with two data chunks": lambda x: sized(
        b"RF64", chunk(b"JUNK", bytes(28)) + fmt() + data(x[:9000]) + data(x[9000:])
    ),
    "BW64 with a wrong chunk": lambda x: sized(
        b"BW64", chunk(b"axml", b"<x/>", pad=False) + bytes(4) + fmt() + data(x)
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_samples_are_found_behind_wrong_chunks(tmp_path: Path, sound: Samples, name: str) -> None:
    path = tmp_path / "odd.wav"
    path.write_bytes(LAYOUTS[name](sound))
    facts = probe_audio(path)
    assert (facts.duration_s, facts.sample_rate_hz, facts.format) == (SECONDS, RATE_HZ, "wav/pcm_16")
    assert measure_duration_s(path) == SECONDS
    audio = load_whole(path)
    assert audio.lost == ()
    expected = np.frombuffer(pcm_16(sound), "<i2").astype(np.float32) / np.float32(32768)
    np.testing.assert_array_equal(audio.waveforms[WaveformFormat(RATE_HZ, "soxr_hq")], expected)
    part = own_rate(path, RATE_HZ, 2.0, 6.0, SECONDS)
    np.testing.assert_array_equal(part, expected[2 * RATE_HZ : 6 * RATE_HZ])


@pytest.mark.parametrize(
    ("sample_bytes", "bits", "valid"),
    [(4, 24, 0), (4, 32, 24), (4, 24, 24), (2, 12, 0), (2, 16, 12), (4, 20, 0), (3, 20, 0), (4, 16, 0), (3, 24, 20)],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_with_unused_bits_are_read_as_wide_as_they_are_stored(
    tmp_path: Path, sound: Samples, sample_bytes: int, bits: int, valid: int, channels: int
) -> None:
    used = valid or bits
    whole = (sound.astype(np.float64) * (2 ** (used - 1) - 1)).astype("<i4") << (8 * sample_bytes - used)
    frames = np.repeat(whole[:, None], channels, axis=1).astype("<i4")
    stored = frames.view("u1").reshape(-1, 4)[:, :sample_bytes].tobytes()
    path = tmp_path / "wide.wav"
    path.write_bytes(sized(b"RIFF", fmt(RATE_HZ, channels, sample_bytes, bits, valid=valid) + chunk(b"data", stored)))
    assert probe_audio(path).duration_s == measure_duration_s(path) == SECONDS
    audio = load_whole(path)
    assert audio.lost == ()
    (waveform,) = audio.waveforms.values()
    np.testing.assert_allclose(waveform, sound, atol=2.0 ** (2 - used))


@pytest.mark.parametrize("claim", [100.0, 3600.0, 24 * 3600.0])
def test_a_wav_that_claims_hours_and_holds_seconds_is_as_long_as_its_samples(
    tmp_path: Path, sound: Samples, claim: float
) -> None:
    path = declare_data_bytes(write_sound(tmp_path / "claim.wav", sound, 8000), int(claim * 16000) & ~1)
    held_s = len(sound) / 8000
    believed = claim <= 10 * held_s + 60
    assert probe_audio(path).duration_s == pytest.approx(claim if believed else held_s)


@pytest.mark.parametrize(("at", "value"), [(22, 2000), (22, 0xFFFF), (24, 0xFFFFFFFF), (24, 0), (22, 0)])
def test_a_header_that_claims_absurd_channels_or_rates_is_refused_in_one_line(
    tmp_path: Path, sound: Samples, at: int, value: int
) -> None:
    wav = bytearray(sized(b"RIFF", fmt() + bytes(4) + data(sound)))
    channels, rate_hz = (value, RATE_HZ) if at == 22 else (1, value)
    frame_bytes = min(2 * channels, 0xFFFF)
    wav[22:34] = struct.pack("<HIIH", channels, rate_hz, rate_hz * frame_bytes & 0xFFFFFFFF, frame_bytes)
    path = tmp_path / "absurd.wav"
    path.write_bytes(wav)
    with pytest.raises(UndecodableAudio, match=r"^[^\n]*absurd\.wav[^\n]*$"):
        probe_audio(path)
