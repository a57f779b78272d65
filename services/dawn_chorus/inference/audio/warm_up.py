"""Decodes a short file of each format, made in memory, so that a process holds all that reading files takes.

Libraries import modules, look up codecs and allocate tables when they meet a format first. In a cage that is too late.
"""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import soundfile
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from dawn_chorus.domain.errors import UndecodableAudio
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.audio.probe import probe_audio, probe_beginning

RATE_HZ = 48000
BY_LIBSNDFILE = (
    ("WAV", "PCM_16"),
    ("WAVEX", "FLOAT"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
    ("AIFF", "PCM_16"),
)
BY_FFMPEG = (
    ("ipod", "aac", "m4a"),
    ("adts", "aac", "aac"),
    ("webm", "libopus", "webm"),
    ("asf", "wmav2", "wma"),
    ("ogg", "flac", "oga"),
)
"""Container, coding, suffix."""


COMMENT = (
    "Recorded at 02:30:00 04/05/2024 (UTC+5:45) by AudioMoth 24F319055FDF2902 at medium gain while battery was 4.1V"
)
GUANO = "GUANO|Version: 1.0\nTimestamp: 2024-05-04T02:30:00+05:45\nLoc Position: 27.7 85.3\nMake: Somebody\n"


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


NOTES = (
    _chunk(b"LIST", b"INFO" + _chunk(b"ICMT", COMMENT.encode()))
    + _chunk(b"guan", GUANO.encode())
    + _chunk(b"bext", bytes(320) + b"2024-05-0402:30:00" + bytes(264))
)
"""What recorders write into a WAV file beside the sound."""


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep what codec libraries print out of the logs, as children do; what the block raises is told behind it."""
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def warm_up(load: Callable[[AudioFile], object] | None = None) -> None:
    """Read the header and decode the sound of every kind of file; `load` what else is done with files."""
    for name, content in _files():
        with _in_memory(name, content) as file, suppress(UndecodableAudio):
            probe_audio(file)
            with open_source(file) as source:
                source.count_samples()
                source.read(RATE_HZ // 10, source.length())
            probe_beginning(file, 2 * file.size)
            if load is not None:
                load(file)


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes: sounds as they should be, what recorders write beside them, damage, and no sound."""
    sounds = dict(_sounds())
    yield from sounds.items()
    for name in ("warm.flac", "warm.ogg"):
        yield name, sounds[name][: len(sounds[name]) // 2]
    yield "joined.flac", sounds["warm.flac"] + sounds["warm.wav"]
    yield "diary.txt", b"a field diary\n" * 100
    yield "header.wav", b"RIFF....WAVEfmt "
    wav = sounds["warm.wav"]
    yield "noted.wav", wav[:4] + (len(wav) + len(NOTES) - 8).to_bytes(4, "little") + wav[8:] + NOTES


def _sounds() -> Iterator[tuple[str, bytes]]:
    """Yield half a second of noise in each format, by name."""
    sound = np.random.default_rng(0).normal(0, 0.1, RATE_HZ // 2).astype(np.float32)
    for container, coding in BY_LIBSNDFILE:
        written = io.BytesIO()
        soundfile.write(written, sound, RATE_HZ, coding, format=container)
        yield f"warm.{coding.lower() if coding == 'OPUS' else container.lower()}", written.getvalue()
    for container, coding, suffix in BY_FFMPEG:
        yield f"warm.{suffix}", _encode(sound, container, coding)


def _encode(sound: np.ndarray[tuple[int, ...], np.dtype[np.float32]], container: str, coding: str) -> bytes:
    written = io.BytesIO()
    with av.open(written, "w", format=container) as output:
        stream = cast("AudioStream", output.add_stream(coding, rate=RATE_HZ, layout="mono", bit_rate=64000))
        output.metadata["comment"] = COMMENT
        planes = sound[np.newaxis] if coding != "flac" else (sound * 10_000).astype(np.int16)[np.newaxis]
        frame = AudioFrame.from_ndarray(planes, format="fltp" if coding != "flac" else "s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), 0
        output.mux([*stream.encode(frame), *stream.encode(None)])
    return written.getvalue()


@contextmanager
def _in_memory(name: str, content: bytes) -> Iterator[AudioFile]:
    descriptor = os.memfd_create(name)
    try:
        os.write(descriptor, content)
        yield AudioFile(name, len(content), (0, 0), descriptor=descriptor)
    finally:
        os.close(descriptor)
