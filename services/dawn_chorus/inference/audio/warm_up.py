"""Decodes a short file of each format, made in memory, so that a process holds all that reading files takes.

Libraries import modules, look up codecs and allocate tables when they meet a format first. In a cage that is too late.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import cast

import av
import numpy as np
import soundfile
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.audio.recorder.notes import read_notes

RATE_HZ = 48000
BY_LIBSNDFILE = (
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
    ("AIFF", "PCM_16"),
)
BY_FFMPEG = (("ipod", "aac", "m4a"), ("adts", "aac", "aac"), ("webm", "libopus", "webm"), ("asf", "wmav2", "wma"))
"""Container, coding, suffix."""


def warm_up() -> None:
    """Read the header and decode the sound of every kind of file."""
    for name, content in _files():
        with _in_memory(name, content) as file, open_source(file) as source:
            source.count_samples()
            source.read(RATE_HZ // 10, source.length())
            read_notes(file)


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of half a second of noise."""
    sound = np.random.default_rng(0).normal(0, 0.1, RATE_HZ // 2).astype(np.float32)
    for container, coding in BY_LIBSNDFILE:
        written = io.BytesIO()
        soundfile.write(written, sound, RATE_HZ, coding, format=container)
        yield f"warm.{container.lower()}", written.getvalue()
    for container, coding, suffix in BY_FFMPEG:
        yield f"warm.{suffix}", _encode(sound, container, coding)


def _encode(sound: np.ndarray[tuple[int, ...], np.dtype[np.float32]], container: str, coding: str) -> bytes:
    written = io.BytesIO()
    with av.open(written, "w", format=container) as output:
        stream = cast("AudioStream", output.add_stream(coding, rate=RATE_HZ, layout="mono", bit_rate=64000))
        frame = AudioFrame.from_ndarray(sound[np.newaxis], format="fltp", layout="mono")
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
