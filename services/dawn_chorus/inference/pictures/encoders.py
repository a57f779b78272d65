"""Writes samples as FLAC, WAV, Opus or MP3: the same bytes for the same samples, each time.

libsndfile writes what keeps every sample, FFmpeg the rest: its Opus takes a quarter of libsndfile's time, which also
writes another serial number into each file.
"""

from fractions import Fraction
from typing import IO, Protocol, cast

import av
import numpy as np
import soundfile
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from dawn_chorus.inference.audio.reader import Samples
from dawn_chorus.inference.pictures.answer import AnswerFile

OPUS_HZ = (8000, 12000, 16000, 24000, 48000)
MP3_HZ = (16000, 22050, 24000, 32000, 44100, 48000)
"""Lower ones are MPEG 2.5, which not everything plays."""
_LAYOUTS = {1: "mono", 2: "stereo"}
_OPUS_BITS_PER_S = {8000: 32000, 12000: 48000, 16000: 64000, 24000: 80000, 48000: 96000}
_MP3_BITS_PER_S, _LOW_MP3_BITS_PER_S = 128000, 80000
"""For one channel, above and below 32 kHz; two take half as much again. Songs reach higher than speech."""
_BIT_EXACT = 1 << 23
"""FFmpeg's AV_CODEC_FLAG_BITEXACT: no version in the file."""


class Encoder(Protocol):
    def write(self, samples: Samples) -> None:
        """Write samples, (n_channels, n_samples)."""
        ...

    def close(self) -> None: ...


class SoundFileEncoder:
    """FLAC or WAV; integers are exactly those that were read, since a float32 holds 24 bits."""

    def __init__(self, file: AnswerFile, container: str, coding: str, rate_hz: int, channels: int) -> None:
        """`coding` is `PCM_16`, `PCM_24` or `FLOAT`."""
        self._coding = coding
        self._file = soundfile.SoundFile(cast("IO[bytes]", file), "w", rate_hz, channels, coding, format=container)

    def write(self, samples: Samples) -> None:
        if self._coding == "FLOAT":
            self._file.write(np.ascontiguousarray(samples.T))
        elif self._coding == "PCM_24":
            self._file.write(_as_integers(samples, 24).T << 8)
        else:
            self._file.write(np.ascontiguousarray(_as_integers(samples, 16).T.astype(np.int16)))

    def close(self) -> None:
        self._file.close()


class FfmpegEncoder:
    """Opus in Ogg, or MP3; of one or two channels."""

    def __init__(self, file: AnswerFile, form: str, rate_hz: int, channels: int) -> None:
        container, coding, level = ("ogg", "libopus", "5") if form == "opus" else ("mp3", "libmp3lame", "7")
        self._output = av.open(file, "w", format=container, container_options={"fflags": "+bitexact"})
        self._stream = cast(
            "AudioStream",
            self._output.add_stream(
                coding, rate=rate_hz, layout=_LAYOUTS[channels], options={"compression_level": level}
            ),
        )
        by_rate = _OPUS_BITS_PER_S.get(rate_hz, 0) if form == "opus" else _mp3_bits_per_s(rate_hz)
        context = self._stream.codec_context
        context.bit_rate = by_rate * (channels + 1) // 2
        context.thread_count, context.flags = 1, context.flags | _BIT_EXACT
        self._is_planar, self._rate_hz, self._layout, self._position = form == "mp3", rate_hz, _LAYOUTS[channels], 0

    def write(self, samples: Samples) -> None:
        samples = np.clip(samples, -1, 1)
        planes = np.ascontiguousarray(samples) if self._is_planar else samples.T.reshape(1, -1)
        frame = AudioFrame.from_ndarray(planes, format="fltp" if self._is_planar else "flt", layout=self._layout)
        frame.sample_rate, frame.time_base, frame.pts = self._rate_hz, Fraction(1, self._rate_hz), self._position
        self._position += samples.shape[1]
        self._output.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._output.mux(self._stream.encode(None))
        self._output.close()


def _mp3_bits_per_s(rate_hz: int) -> int:
    return _MP3_BITS_PER_S if rate_hz >= 32000 else _LOW_MP3_BITS_PER_S


def _as_integers(samples: Samples, bits: int) -> NDArray[np.int32]:
    highest = np.float32(2 ** (bits - 1))
    scaled: Samples = np.clip(np.rint(samples * highest), -highest, highest - 1)
    return scaled.astype(np.int32)
