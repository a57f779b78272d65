"""Clips of a recording: a stretch of it as a file of its own, that every browser plays.

`format=wav` keeps the recording's samples and rate whatever they are. FLAC does where browsers play that rate, and is
resampled where not (250 kHz to 48 kHz); Opus and MP3 know few rates. `slow=10` plays ten times as long and as low, WAV
too at a rate that is played.
"""

import io
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import soundfile
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from dawn_chorus.cage.messages import Message, send_message
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.audio.failures import describe_failure
from dawn_chorus.inference.audio.reader import Samples, to_mono
from dawn_chorus.inference.pictures.answer import AnswerFile
from dawn_chorus.inference.pictures.encoders import MP3_HZ, OPUS_HZ, Encoder, FfmpegEncoder, SoundFileEncoder
from dawn_chorus.inference.pictures.stretch import Sound, Span, open_sound

CONTENT_TYPES = {"flac": "audio/flac", "wav": "audio/wav", "opus": "audio/ogg", "mp3": "audio/mpeg"}
BLOCK_SAMPLES = 1 << 17
"""Of all channels together, in memory at a time: new pages for more cost more than reading in turns."""
MOST_CHANNELS = {"flac": 8, "wav": 1024, "opus": 2, "mp3": 2}
"""Of more the clip is their mean."""
LOWEST_HZ, HIGHEST_HZ, USUAL_HZ = 8000, 192_000, 48_000
"""Rates that browsers play of FLAC, and what higher ones become."""
MOST_LOST = 20
"""Lost stretches that are told; the last one may stand for several."""
DEEP = ("pcm_24", "pcm_s24le", "pcm_s24be", "flac", "alac", "wavpack", "ape", "tta")
FLOATING = ("float", "double", "pcm_32", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_s32le", "pcm_s32be")
"""Codings of more than 16 bits; those of 32 bits are read as float32."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the samples of a clip become."""

    name: str
    rate_hz: int
    """What the file says."""
    resampled_hz: int | None
    """At the recording's speed; None: as they are."""
    channels: int
    is_mix: bool


def make_clip(request: Message, connection: socket.socket, files: list[int]) -> None:
    """Send the clip `{"start_s", "end_s", "format", "slow", "channel"}` of the recording that the request lends.

    Behind it follows what it is, or `{"error", "detail"}`.
    """
    answer = AnswerFile(connection)
    try:
        with open_sound(request, files) as sound:
            about = write_clip(sound, request, answer)
    except Exception as error:  # noqa: BLE001 - any error that a hostile file causes in a decoder is reported
        about = describe_failure(error)
    answer.finish()
    send_message(connection, about)


def write_clip(sound: Sound, request: Message, answer: AnswerFile) -> dict[str, Any]:
    """Write a clip; return what it is. Raises PermanentError if there is no such channel or nothing to hear."""
    channel = request["channel"]
    if isinstance(channel, int) and channel > sound.channels:
        raise PermanentError(f"the recording has no channel {channel}: it has {sound.channels}")
    first, end = (round(request[edge] * sound.sample_rate_hz) for edge in ("start_s", "end_s"))
    n_channels = 1 if isinstance(channel, int) else sound.channels
    form = choose_form(request["format"], sound.sample_rate_hz, request["slow"], n_channels, mixed=channel == "mix")
    encoder, lost = _open_encoder(answer, form, sound.format), list[Span]()
    resamplers = [_Resampler(sound.sample_rate_hz, form.resampled_hz) for _ in range(form.channels)]
    for samples in _blocks(sound, first, end, channel, form, lost):
        _write(encoder, [each.feed(row) for each, row in zip(resamplers, samples, strict=True)])
    _write(encoder, [resampler.rest() for resampler in resamplers])
    encoder.close()
    return {
        "content_type": CONTENT_TYPES[form.name],
        "sample_rate_hz": form.rate_hz,
        "channels": form.channels,
        "is_mix": form.is_mix,
        "lost": [(begin / sound.sample_rate_hz, stop / sound.sample_rate_hz) for begin, stop in _few(lost)],
    }


def _write(encoder: Encoder, rows: list[Samples]) -> None:
    if rows[0].size:
        encoder.write(np.stack(rows))


def choose_form(name: str, rate_hz: int, slow: int, channels: int, *, mixed: bool = False) -> Form:
    """Return the form of a clip of so many channels, or of their mean, of a recording of `rate_hz`."""
    is_mix = mixed or channels > MOST_CHANNELS[name]
    channels = 1 if is_mix else channels
    played_hz = max(1, round(rate_hz / slow))
    wanted_hz = played_hz if name == "wav" and slow == 1 else _playable(name, played_hz)
    return Form(name, wanted_hz, None if wanted_hz == played_hz else wanted_hz * slow, channels, is_mix)


def _playable(name: str, rate_hz: int) -> int:
    """Return the rate at which a format is played that comes nearest to this one, and loses least."""
    if name in ("flac", "wav"):
        if name == "flac" and rate_hz > HIGHEST_HZ:
            return USUAL_HZ
        return rate_hz * max(1, -(-LOWEST_HZ // rate_hz))
    rates = OPUS_HZ if name == "opus" else MP3_HZ
    return next((rate for rate in rates if rate >= rate_hz), USUAL_HZ)


def _open_encoder(answer: AnswerFile, form: Form, source_format: str) -> Encoder:
    if form.name in ("opus", "mp3"):
        return FfmpegEncoder(answer, form.name, form.rate_hz, form.channels)
    coding = source_format.rpartition("/")[2]
    is_floating = coding in FLOATING
    depth = "FLOAT" if is_floating and form.name == "wav" else "PCM_24" if is_floating or coding in DEEP else "PCM_16"
    return SoundFileEncoder(answer, form.name.upper(), depth, form.rate_hz, form.channels)


def _blocks(sound: Sound, first: int, end: int, channel: int | None, form: Form, lost: list[Span]) -> Iterator[Samples]:
    """Yield (form.channels, n) each; append what is lost."""
    length = max(1, BLOCK_SAMPLES // sound.channels)
    for begin in range(first, end, length):
        stretch = sound.read(begin, min(begin + length, end))
        lost += stretch.lost
        if isinstance(channel, int):
            yield stretch.samples[channel - 1 : channel]
        else:
            yield to_mono(stretch.samples.T)[np.newaxis] if form.is_mix else stretch.samples


def _few(lost: list[Span]) -> list[Span]:
    """Return the stretches, neighbors joined, and the last ones too if they are many."""
    joined: list[Span] = []
    for begin, end in lost:
        if joined and (begin <= joined[-1][1] or len(joined) == MOST_LOST):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return joined


class _Resampler:
    """Brings one channel to another rate; the output has the length of the input, to the sample."""

    def __init__(self, from_hz: int, to_hz: int | None) -> None:
        self._from_hz, self._to_hz = from_hz, to_hz or from_hz
        self._resampler = AudioResampler("flt", "mono", to_hz) if to_hz else None
        self._n_input = self._n_output = 0

    def feed(self, samples: Samples) -> Samples:
        """Return what can be said of the output after these samples, (n_samples,)."""
        self._n_input += len(samples)
        if self._resampler is None:
            return samples
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples)[np.newaxis], format="flt", layout="mono")
        frame.sample_rate, frame.pts = self._from_hz, None
        return self._taken(frame)

    def rest(self) -> Samples:
        """Return the end of the output, once all samples were fed."""
        if self._resampler is None:
            return np.zeros(0, np.float32)
        due = max(0, round(self._n_input * self._to_hz / self._from_hz) - self._n_output)
        rest = self._taken(None)
        return np.concatenate([rest, np.zeros(max(0, due - len(rest)), np.float32)])[:due]

    def _taken(self, frame: AudioFrame | None) -> Samples:
        assert self._resampler is not None  # noqa: S101 - the callers looked
        frames = self._resampler.resample(frame)
        taken = np.concatenate([np.zeros(0, np.float32), *(each.to_ndarray()[0] for each in frames)])
        self._n_output += len(taken)
        return taken


def warm_up_clips() -> None:
    """Write a clip in each format, at its rate and resampled: the libraries allocate and look up what they need."""
    content = io.BytesIO()
    soundfile.write(content, np.zeros((USUAL_HZ // 2, 2), np.int16), USUAL_HZ, "PCM_16", format="WAV")
    descriptor = os.memfd_create("warm.wav")
    os.write(descriptor, content.getvalue())
    lent = {"name": "warm.wav", "size": len(content.getvalue()), "version": (0, 0)}
    with open_sound(lent, [descriptor]) as sound:
        for name, slow in product(CONTENT_TYPES, (1, 10)):
            answer = AnswerFile(_Nowhere())
            wanted = {"start_s": 0.0, "end_s": 0.4, "channel": None, "format": name, "slow": slow}
            write_clip(sound, wanted, answer)
            answer.finish()
    os.close(descriptor)


class _Nowhere:
    def sendall(self, content: bytes, /) -> None:
        """Keep nothing."""
