"""Recordings for the end-to-end tests, and what is wrong with them."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE_HZ = 16000


def make_tone(
    duration_s: float,
    *,
    tone_hz: float = 1000.0,
    onset_s: float = 0.0,
    offset_s: float | None = None,
    rate_hz: int = RATE_HZ,
    channels: int = 1,
) -> NDArray[np.float32]:
    """Silence with a tone in [onset_s, offset_s), (n_samples, channels); the tone pack hears it as `tone_1000`."""
    seconds = np.arange(round(duration_s * rate_hz)) / rate_hz
    sounding = (seconds >= onset_s) & (seconds < (duration_s if offset_s is None else offset_s))
    tone = (0.5 * np.sin(2 * np.pi * tone_hz * seconds) * sounding).astype(np.float32)
    return np.repeat(tone[:, None], channels, axis=1)


def write_tone(path: Path, duration_s: float, *, onset_s: float = 0.0, offset_s: float | None = None) -> Path:
    """Write a tone in the format that the file's name says, in blocks."""
    soundfile.write(path, make_tone(duration_s, onset_s=onset_s, offset_s=offset_s), RATE_HZ)
    return path


def mix_tone_into(source: Path, path: Path, duration_s: float) -> Path:
    """Write a real recording, repeated, with a tone in it that swells and fades every few seconds."""
    sound, rate_hz = soundfile.read(source, dtype="float32", always_2d=True)
    n_samples = round(duration_s * rate_hz)
    repeated = np.resize(sound[:, 0], n_samples)
    swell = 0.1 * np.sin(np.arange(n_samples) / rate_hz) ** 2
    tone = make_tone(duration_s, rate_hz=rate_hz)[:, 0]
    soundfile.write(path, 0.5 * repeated + swell * tone, rate_hz)
    return path


def write_loud_ultrasound(path: Path, duration_s: float) -> Path:
    """Stereo, 192 kHz, 32-bit float: what a bat detector writes."""
    soundfile.write(path, make_tone(duration_s, rate_hz=192_000, channels=2), 192_000, subtype="FLOAT")
    return path


def cut_short(path: Path, share: float) -> Path:
    """Keep only the first bytes of a file, as a broken transfer does."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def write_text(path: Path) -> Path:
    path.write_text("Dear diary, today I heard a robin.\n" * 100)
    return path


def write_zip_of_zeros(path: Path) -> Path:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.wav", bytes(50_000_000))
    return path.with_suffix(".zip").rename(path)


def write_empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def write_wav_without_samples(path: Path) -> Path:
    soundfile.write(path, np.zeros((0, 1), np.float32), RATE_HZ)
    return path


def claim_length(path: Path, declared_s: float) -> Path:
    """Change what a mono 16-bit WAV's header says of its length, and nothing else."""
    content = bytearray(path.read_bytes())
    position = content.index(b"data") + 4
    n_bytes = round(declared_s * RATE_HZ) * 2
    content[position : position + 4] = struct.pack("<I", n_bytes)
    content[4:8] = struct.pack("<I", n_bytes + position - 4)
    path.write_bytes(bytes(content))
    return path
