"""Reads with FFmpeg: m4a, aac, webm, wma, Opus, and the files that libsndfile cannot read.

Packets carry timestamps, so damage is skipped and the sound after it keeps its position. Positions after a seek are
exact only in Ogg Opus, and in FLAC outside Matroska and Ogg. Other formats are decoded from their start, and the reader
keeps its position and the last minute of samples: the next stretch of the same file costs no more than its own length.
"""

import math
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from dawn_chorus.domain.errors import EmptyAudio, NotAudio, UndecodableAudio
from dawn_chorus.inference.audio.claims import GAP_S, PacketClock
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.failures import is_of_machine
from dawn_chorus.inference.audio.reader import Piece, Samples, name_format, only_channel

OPEN_OPTIONS = {
    # A playlist would make FFmpeg open other files and URLs of the uploader's choice.
    "format_whitelist": "aac,ac3,aiff,amr,ape,asf,au,caf,eac3,flac,matroska,webm,mov,mp3,ogg,tta,w64,wav,wv",
    "protocol_whitelist": "file",
}
TAGS_ARE_STRICT = int(av.__version__.partition(".")[0]) < 19
"""PyAV before 19 refuses a file for a tag that is no UTF-8, unless told otherwise; from 19 on it cannot be told."""
GUESSED = {"aac", "ac3", "amr", "eac3", "flac", "mp3"}
"""Formats without a header that declares a length, or with one that libsndfile could not read: FFmpeg guesses the
length from the bit rate."""
RECENT_S = 60.0
"""Decoded audio kept before the position that was read last."""
PREROLL_S = 1.0
"""How far before the wanted position a seek goes."""
TIMESTAMP_SLACK_S = 0.05
"""Timestamps in most containers are rounded, or off by a block of the codec; a real gap is longer."""
MAX_GAP_S = 3600.0
"""A timestamp further ahead is considered wrong."""
LONGEST_PACKETS = {"opus": 5760, "vorbis": 8192, "ape": 1 << 20}
LONGEST_PACKET = 1 << 17
"""Samples in one packet, at most."""
EVEN_FORMATS, EVEN_PROFILES, PADDING_FRAMES = ("mp4/aac", "mp4/alac"), ("LC", None, "unknown"), 4
MAX_ERRORS = 10_000
MOST_COUNTED_PLANES = 7
PLANE_CODES = {"u8p": "u1", "s16p": "i2", "s32p": "i4", "s64p": "i8", "fltp": "f4", "dblp": "f8"}
"""FFmpeg's sample formats with a plane for each channel, as numpy names their numbers."""


class NoSoundTrack(NotAudio):
    """A valid media file that has no audio track."""


class FfmpegReader:
    """A file read by FFmpeg. Raises NotAudio, EmptyAudio or UndecodableAudio."""

    def __init__(self, file: FileBytes, *, doubtful: bool = False) -> None:
        """`doubtful`: timestamps make jumps that may be wrong, so the file is read from its start, without seeking."""
        self._file, self._doubtful, self._even = file, doubtful, False
        self.sample_rate_hz = 0
        self.end: int | None = None
        self._channel: int | None = None
        self._start()
        codec, container = self._codec, self._container.format.name.split(",")[0]
        self.format = name_format("mp4" if container == "mov" else container, codec)
        if not self._decode_next():
            raise self._no_audio_error()
        self.channels: int = self._stream.codec_context.channels
        self.declared_is_guess = container in GUESSED
        self.declared_samples = self._declared()

    def _start(self) -> None:
        """Open the file again, at its start."""
        self._container, self._stream = open_track(self._file)
        self._decoder = _open_decoder(self._stream)
        self._frames = self._decode()
        self._codec = self._stream.codec_context.name
        container, one_sample = self._container.format.name, Fraction(1, self._stream.rate or 1)
        # Matroska rounds its timestamps to milliseconds.
        exact_flac = self._codec == "flac" and (container == "flac" or self._stream.time_base == one_sample)
        self._sample_accurate = exact_flac or (self._codec == "opus" and container == "ogg")
        # In Ogg, FFmpeg misplaces FLAC after a seek.
        misplaced = self._codec == "flac" and container == "ogg"
        self._may_seek = (self._sample_accurate and not misplaced and not self._doubtful) or self._even
        self._origin: int | None = None
        self._recent: deque[Piece] = deque()
        self._recent_from = self._position = 0
        self._after_seek = False

    @property
    def sample_bytes(self) -> int | None:
        """Bytes of one sample of one channel in the file; None for codings in which samples have none of their own."""
        digits = "".join(filter(str.isdigit, self._codec))
        return int(digits) // 8 if self._codec.startswith("pcm_") and digits else None

    def _declared(self) -> int | None:
        if self._stream.duration and self._stream.time_base:
            late = self._origin if self._sample_accurate else 0
            return round((self._stream.duration - (late or 0)) * self._stream.time_base * self.sample_rate_hz)
        if self._container.duration:
            return round(self._container.duration * self.sample_rate_hz / av.time_base)
        return None

    def trust_even_packets(self) -> bool:
        """Seek from now on, in an MP4 whose table says that each packet begins where the one before it ends.

        Return whether it says so: that there are no gaps, but for the padding at the ends, and that timestamps count
        samples. They do not in AAC of twice the rate of its header (HE-AAC); a fragmented file has no such table.
        """
        stream, frame = self._stream, self._stream.codec_context.frame_size or 0
        excess = stream.frames * frame - (stream.duration or 0)
        self._even = (
            self.format in EVEN_FORMATS
            and stream.time_base == Fraction(1, self.sample_rate_hz)
            and stream.codec_context.profile in EVEN_PROFILES
            and stream.frames > 0
            and abs(excess) <= PADDING_FRAMES * frame
        )
        self._may_seek = self._may_seek or self._even
        return self._even

    def _no_audio_error(self) -> UndecodableAudio:
        if not self._stream.codec_context.sample_rate:
            return NotAudio(f"{self._file.name} is no audio, whatever its name says")
        if not any(packet.size for packet in packets_of(self._file)):
            return EmptyAudio(f"{self._file.name} holds no sound")
        return UndecodableAudio(f"nothing in {self._file.name} could be decoded ({self.format})")

    def keep_channel(self, channel: int) -> None:
        self._channel = channel
        self._recent = deque(Piece(piece.first, only_channel(piece.samples, channel)) for piece in self._recent)

    def read(self, first: int, end: int) -> list[Piece]:
        self._go_to(first)
        while self._position < end and self._decode_next():
            pass
        pieces = (piece.cut(first, end) for piece in self._recent if piece.first < end and piece.end > first)
        return [piece for piece in pieces if len(piece.samples)]

    def _go_to(self, first: int) -> None:
        behind, far_ahead = first < self._recent_from, first > self._position + PREROLL_S * self.sample_rate_hz
        if self._may_seek and (behind or far_ahead):
            self._seek(first)
        elif behind:
            self._container.close()
            self._start()
        keep_from = first - RECENT_S * self.sample_rate_hz
        while self._recent and self._recent[0].end < keep_from:
            self._recent_from = self._recent.popleft().end

    def _seek(self, first: int) -> None:
        """Seek to shortly before `first`; the next frame's timestamp gives the actual position."""
        before = max(0, first - round(PREROLL_S * self.sample_rate_hz))
        try:
            self._container.seek(int(before / self._samples_per_tick) + (self._origin or 0), stream=self._stream)
        except av.FFmpegError:  # near the end of a short FLAC without a table of positions
            self._container.close()
            self._start()
            return
        self._decoder.flush_buffers()
        self._frames = self._decode()
        self._recent.clear()
        # Not the old position: after a seek backwards, `first` would count as already read.
        self._position, self._recent_from, self._after_seek = before, first, True

    def _decode_next(self) -> bool:
        """Append the next frame to the recent pieces. Return whether there was one."""
        frame = next(self._frames, None)
        if frame is None:
            self.end = self._position
            return False
        self.sample_rate_hz = self.sample_rate_hz or frame.sample_rate
        first = self._place(frame)
        if frame.sample_rate == self.sample_rate_hz:
            self._recent.append(Piece(first, only_channel(as_float(frame), self._channel)))
        self._position = first + round(frame.samples * self.sample_rate_hz / frame.sample_rate)
        return True

    def _place(self, frame: AudioFrame) -> int:
        """Return where a frame begins: after the previous one, unless its timestamp shows that audio is missing."""
        if frame.pts is None:
            return self._position
        if self._origin is None:
            self._origin = self._begin(frame.pts)
        stamp = round((frame.pts - self._origin) * self._samples_per_tick)
        if self._after_seek:
            self._after_seek = False
            return max(0, stamp)
        slack = 0.5 if self._sample_accurate else TIMESTAMP_SLACK_S * self.sample_rate_hz
        is_gap = slack < stamp - self._position < self._longest_gap
        return stamp if is_gap else self._position

    def _begin(self, first_stamp: int) -> int:
        """Return the timestamp of the file's first sample.

        It is 0 where timestamps are exact, unless somebody joined an Ogg stream long after it began. In other formats
        the first frame's timestamp includes the encoder's padding.
        """
        if not self._sample_accurate:
            return first_stamp
        if self._container.format.name != "ogg" or not is_late(first_stamp, self._stream):
            return 0
        header = self._stream.codec_context.extradata or b""
        return first_stamp + (int.from_bytes(header[10:12], "little") if self._codec == "opus" else 0)

    @property
    def _longest_gap(self) -> float:
        """Return what is believed of a gap, in samples; a clock has corrected the packets of files without seeking."""
        return MAX_GAP_S * self.sample_rate_hz if self._may_seek else math.inf

    def _clock(self) -> PacketClock | None:
        if self._may_seek:
            return None
        context = self._stream.codec_context
        longest = 2 * (context.frame_size or 0) or LONGEST_PACKETS.get(self._codec, LONGEST_PACKET)
        return PacketClock(context.sample_rate or 48000, longest)

    @property
    def _samples_per_tick(self) -> Fraction:
        """FLAC timestamps count samples; without a header FFmpeg does not know the rate, and its time base is wrong."""
        if self._container.format.name == "flac" or self._stream.time_base is None:
            return Fraction(1)
        return self._stream.time_base * self.sample_rate_hz

    def _decode(self) -> Iterator[AudioFrame]:
        """Yield frames to the end; packets that cannot be decoded are skipped and leave a gap in the timestamps."""
        for packet in demux_packets(self._container, self._stream, self._clock()):
            try:
                yield from self._decoder.decode(packet if packet.size else None)
            except av.FFmpegError:
                continue

    def count_samples(self) -> int:
        end, origin, per_tick = 0, self._origin or 0, self._samples_per_tick
        base, per_unit = Fraction(0), Fraction(0)
        for packet in packets_of(self._file, self._clock()):
            if packet.pts is None or packet.duration is None or packet.time_base is None:
                continue
            if packet.time_base != base:
                base, per_unit = packet.time_base, packet.time_base * self.sample_rate_hz
            first = round_product(packet.pts - origin, per_tick)
            length = round_product(packet.duration, per_unit)
            plausible = first - end < self._longest_gap
            end = max(end, first + length) if plausible else end + length
        return end

    def close(self) -> None:
        self._container.close()


def round_product(number: int, ratio: Fraction) -> int:
    """Return `round(number * ratio)`, exactly, in a tenth of the time: there are 50 packets a second."""
    whole, rest = divmod(number * ratio.numerator, ratio.denominator)
    return whole + (2 * rest + (whole & 1) > ratio.denominator)


def open_container(file: str | BinaryIO) -> InputContainer:
    """Open a file, whatever its tags hold: recorders write them in any encoding, and cut them anywhere."""
    if TAGS_ARE_STRICT:
        return av.open(file, "r", options=OPEN_OPTIONS, metadata_errors="replace")
    return av.open(file, "r", options=OPEN_OPTIONS)


def open_track(file: FileBytes) -> tuple[InputContainer, AudioStream]:
    """Return the first audio track of a file, opened. Raises NotAudio or UndecodableAudio."""
    try:
        container = open_container(file.for_ffmpeg())
    except (av.FFmpegError, OSError) as error:
        if is_of_machine(error):
            raise
        raise NotAudio(f"{file.name} is no audio that any decoder knows: {error.strerror}") from error
    if not container.streams.audio:
        container.close()
        raise NoSoundTrack(f"{file.name} has no sound track")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        container.close()
        raise UndecodableAudio(f"the sound of {file.name} is coded in a way that no decoder here knows")
    stream.codec_context.thread_count = 1
    return container, stream


def is_late(stamp: int, stream: AudioStream) -> bool:
    """Return whether a stream's first timestamp shows that somebody joined it long after it began."""
    return stamp * (stream.time_base or Fraction(1)) > GAP_S


def packets_of(file: FileBytes, clock: PacketClock | None = None) -> "Iterator[Packet[AudioStream]]":
    """Yield the packets of the first audio track, undecoded."""
    container, stream = open_track(file)
    with container:
        yield from demux_packets(container, stream, clock)


def demux_packets(
    container: InputContainer, stream: AudioStream, clock: PacketClock | None = None
) -> "Iterator[Packet[AudioStream]]":
    """Yield packets to the end, past positions where demuxing fails; the last packet is empty."""
    for _ in range(MAX_ERRORS):
        try:
            for packet in container.demux(stream):
                if clock is not None:
                    clock.correct(packet)
                yield packet
        except av.EOFError:
            return
        except av.FFmpegError:
            continue
        return


def _open_decoder(stream: AudioStream) -> AudioCodecContext:
    """Return the stream's decoder; for Opus the reference decoder, in float, as libsndfile uses it."""
    if stream.codec_context.name != "opus":
        return stream.codec_context
    decoder = AudioCodecContext.create("libopus", "r")
    decoder.extradata = stream.codec_context.extradata
    decoder.options = {"request_sample_fmt": "flt"}
    return decoder


def as_float(frame: AudioFrame) -> Samples:
    """Return (n_samples, n_channels), full scale ±1, as libsndfile scales it."""
    values = _planes(frame) if frame.format.is_planar else frame.to_ndarray()
    channels = values.T if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels)
    if values.dtype == np.uint8:
        return (channels.astype(np.float32) - np.float32(128)) / np.float32(128)
    if values.dtype.kind == "i":
        return channels.astype(np.float32) / np.float32(2 ** (8 * values.dtype.itemsize - 1))
    return channels.astype(np.float32, copy=False)


def _planes(frame: AudioFrame) -> NDArray[Any]:
    """Return (n_channels, n_samples). PyAV counts the planes by reading on to a null pointer: after 8 there is none."""
    if frame.layout.nb_channels <= MOST_COUNTED_PLANES:
        return frame.to_ndarray()
    code: np.dtype[Any] = np.dtype(PLANE_CODES[frame.format.name])
    planes = (AudioPlane(frame, number) for number in range(frame.layout.nb_channels))
    return np.stack([np.frombuffer(memoryview(plane), code, frame.samples) for plane in planes])
