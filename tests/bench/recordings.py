"""Long sound made of real recordings, at 48 kHz and mono as recorders in the field write it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from dawn_chorus.domain.errors import ChorusError
from dawn_chorus.inference.audio.probe import probe_audio
from dawn_chorus.inference.waveforms.loading import WaveformFormat, load_audio
from dawn_chorus.inference.waveforms.resampling import Samples

RATE_HZ = 48_000
_FORMAT = WaveformFormat(RATE_HZ, "soxr_hq")
_SUFFIXES = {".flac", ".mp3", ".ogg", ".wav"}
_MOST_S = 300.0


def write_minutes(folder: Path, audio_dir: Path, count: int) -> list[Path]:
    """Write that many FLACs of one minute each, all different."""
    pieces = _endless_sound(audio_dir)
    paths = [folder / f"minute-{number:03}.flac" for number in range(count)]
    for path in paths:
        write_flac(path, 60.0, pieces)
    return paths


def write_hours(folder: Path, audio_dir: Path, count: int) -> list[Path]:
    """Write that many FLACs of one hour each, as recorders do that never stop."""
    pieces = _endless_sound(audio_dir)
    paths = [folder / f"hour-{number:02}.flac" for number in range(count)]
    for path in paths:
        write_flac(path, 3600.0, pieces)
    return paths


def write_day(path: Path, audio_dir: Path, duration_s: float) -> Path:
    """Write one long FLAC, in blocks."""
    write_flac(path, duration_s, _endless_sound(audio_dir))
    return path


def write_flac(path: Path, duration_s: float, pieces: Iterator[Samples]) -> None:
    missing = round(duration_s * RATE_HZ)
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, subtype="PCM_16") as file:
        while missing:
            piece = next(pieces)[:missing]
            file.write(piece)
            missing -= len(piece)


def _endless_sound(audio_dir: Path) -> Iterator[Samples]:
    """Return one recording after another, round and round, each decoded when its turn comes."""
    paths = sorted(path for path in audio_dir.rglob("*") if path.suffix in _SUFFIXES)
    if not paths:
        raise SystemExit(f"no recordings in {audio_dir}: set CHORUS_AUDIO_DIR to a folder of real ones")
    while True:
        for path in paths:
            sound = _load(path)
            if len(sound):
                yield sound


def _load(path: Path) -> Samples:
    """Return nothing for a recording that cannot be decoded, or of another kind: bats are recorded at 250 kHz."""
    try:
        facts = probe_audio(path)
        if facts.sample_rate_hz > RATE_HZ:
            return np.zeros(0, np.float32)
        end_s = min(facts.duration_s, _MOST_S)
        audio = load_audio(path, 0.0, end_s, [_FORMAT], duration_s=facts.duration_s)
    except ChorusError:
        return np.zeros(0, np.float32)
    return np.clip(audio.waveforms[_FORMAT], -1.0, 1.0)
