"""An audio file as one sequence of mono samples that can be read from any position, and what of it is lost.

The samples are the mean of all channels, or those of one.

libsndfile reads the formats it reads well. FFmpeg reads the rest, and is the fallback where libsndfile stops: at
damage, and at a declared end that is not the actual end.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from dawn_chorus.domain.errors import PermanentError, UndecodableAudio
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.inference.audio.channel_meter import ChannelMeter, full_scale
from dawn_chorus.inference.audio.claims import believe_length
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.ffmpeg_reader import FfmpegReader
from dawn_chorus.inference.audio.reader import Piece, Reader, Samples, join_pieces, to_mono

DAMAGED = "the data is damaged and no decoder could read it"
NOT_FINITE = "the samples are no finite numbers"
MAX_AMPLITUDE = np.float32(1e10)
"""Beyond any scale that audio is stored in; a few such samples would dominate the output of the filters that follow."""
JOIN_S = 0.01
"""Stretches of invalid samples that are closer than this are reported as one."""
SURE_BYTES_PER_S: float = 1000
"""The least that lossy codings need for sound. Lengths of files with fewer bytes are counted, which is quick."""
LOSSLESS, SURE_SHARE = ("flac", "alac", "wavpack", "ape", "tta"), 0.05
"""Codings that make no less of sound than this share of what 16 bits would take."""
SLACK_S = 0.15
"""Encoders pad, and containers round: a lossy file is complete if it ends this close to its declared length."""


class Span(NamedTuple):
    """Samples [first, end)."""

    first: int
    end: int


class Chain(Protocol):
    """What is known of a file that holds several recordings, in samples [first, end) of the file."""

    def lost_parts(self, first: int, end: int) -> list[tuple[int, int, str]]:
        """Return the stretches whose loss has a reason of its own, with the reason."""
        ...

    def slower_parts(self, first: int, end: int) -> "Iterator[tuple[int, int, AudioSource]]":
        """Yield the parts of a lower rate than the file's: where each is, and itself, open until the next."""
        ...


class AudioSource:
    """An open audio file. Not thread-safe."""

    def __init__(
        self,
        file: FileBytes,
        reader: Reader,
        *,
        declared_samples: int | None,
        fallback: bool,
        sample_accurate: bool,
        is_sure: Callable[[], bool] | None = None,
        claimed_samples: int | None = None,
        chain: "Chain | None" = None,
    ) -> None:
        """Set what the header declares in `declared_samples`, None if nothing.

        `fallback`: FFmpeg reads where the reader stops early. `sample_accurate`: the declared length is exact.
        `is_sure` returns whether the file itself confirms what its header declares; None: it cannot.
        `claimed_samples` is what the header says where `declared_samples` is what was believed of it.
        `chain`: the file holds several recordings.
        """
        self._file, self._reader = file, reader
        self._fallback: Reader | None = None
        self._may_fall_back, self._is_sure, self._chain = fallback, is_sure, chain
        self.declared_samples, self.slack_s = declared_samples, 0.0 if sample_accurate else SLACK_S
        self.sample_rate_hz, self.channels, self.format = reader.sample_rate_hz, reader.channels, reader.format
        self.claimed_s = (claimed_samples or declared_samples or 0) / reader.sample_rate_hz
        """The length that the header claims, believed or not; 0 if it claims none."""
        self.n_samples: int | None = None
        """The recording's actual length, once a read has reached its end."""
        self._channel: int | None = None
        self._keeps_all = True

    def choose_channel(self, channel: int | None, *, measured: bool) -> None:
        """Read only this channel, from 1; None: the mean of all. Call it before the first read.

        A source that is not `measured` keeps no other channel in memory. Raises PermanentError if there is no such one.
        """
        if channel is not None and channel > self.channels:
            have = "1 channel" if self.channels == 1 else f"{self.channels} channels"
            raise PermanentError(f"{self._file.name} has {have}: there is no channel {channel}")
        self._channel, self._keeps_all = channel, measured or channel is None
        if channel is not None and not self._keeps_all:
            self._reader.keep_channel(channel)

    def open_meter(self, start_s: float, end_s: float) -> ChannelMeter:
        """Return a meter for [start_s, end_s), to be passed to every `read` that touches it."""
        first, end = round(start_s * self.sample_rate_hz), round(end_s * self.sample_rate_hz)
        highest = full_scale(self.format)
        return ChannelMeter(self.channels, first, end, sample_rate_hz=self.sample_rate_hz, full_scale=highest)

    def read(self, first: int, end: int, meter: ChannelMeter | None = None) -> tuple[Samples, list[LostStretch]]:
        """Return samples [first, end), zeros where there are none, and what is lost before the recording's end.

        `meter` measures all channels of what could be decoded.
        """
        blocks = list(join_pieces(self.read_pieces(first, end)))
        mono, lost = [], []
        for block in blocks:
            if meter is not None:
                meter.add(block.first, block.samples.T)
            chosen = self._choose(block.samples)
            if chosen.shape[1]:
                mono.append(Piece(block.first, to_mono(chosen)))
            else:
                lost.append(self._stretch(block.first, block.end, f"there is no channel {self._channel} in this part"))
        samples = _lay_out(mono, first, end)
        audible_end = end if self.n_samples is None else min(end, self.n_samples)
        explained = self._chain.lost_parts(first, audible_end) if self._chain else []
        lost += [self._stretch(*stretch) for stretch in explained]
        known: list[Piece | Span] = [*blocks, *(Span(*stretch[:2]) for stretch in explained)]
        known.sort(key=lambda span: span.first)
        lost += [self._stretch(*gap, DAMAGED) for gap in _gaps(known, first, audible_end)]
        lost += self._zero_invalid_samples(samples, first)
        return samples, sorted(lost, key=lambda stretch: stretch.start_s)

    def _choose(self, channels: Samples) -> Samples:
        """Return all channels for a mean, (n_samples, n_channels), or the chosen one; none if it is not there."""
        if self._channel is None or not self._keeps_all:
            return channels
        return channels[:, self._channel - 1 : self._channel]

    def read_pieces(self, first: int, end: int) -> list[Piece]:
        """Return what can be decoded of [first, end), (n_samples, n_channels) each, in order.

        Raises TransientError if the file could not be read, as everything that reads it does.
        """
        with self._file.file.checked():
            return self._read_pieces(first, end)

    def _read_pieces(self, first: int, end: int) -> list[Piece]:
        pieces = self._reader.read(first, end)
        reached = pieces[-1].end if pieces else first
        last_reader = self._reader
        if reached < end and (fallback := self._open_fallback()):
            pieces += fallback.read(reached, end)
            last_reader = fallback
        if last_reader.end is not None:
            self.n_samples = max(last_reader.end, pieces[-1].end if pieces else 0)
        return pieces

    def slower_parts(self, first: int, end: int) -> "Iterator[tuple[int, int, AudioSource]]":
        """Yield the parts of [first, end) that have a lower rate: where each is in this file, and itself, to be read.

        They are closed when the next one is asked for.
        """
        for part_first, part_end, part in self._chain.slower_parts(first, end) if self._chain else ():
            if self._channel is None or self._channel <= part.channels:
                part.choose_channel(self._channel, measured=False)
                yield part_first, part_end, part

    def _open_fallback(self) -> Reader | None:
        """Return FFmpeg's reader, or None if FFmpeg cannot read the file or finds another sample rate in it."""
        if self._may_fall_back and self._fallback is None:
            try:
                self._fallback = FfmpegReader(self._file)
                if self._channel is not None and not self._keeps_all:
                    self._fallback.keep_channel(self._channel)
            except UndecodableAudio:
                self._may_fall_back = False
        return self._fallback if self._fallback and self._fallback.sample_rate_hz == self.sample_rate_hz else None

    def _zero_invalid_samples(self, samples: Samples, first: int) -> list[LostStretch]:
        """Set NaN, infinite and absurdly large samples to 0, in place; return where, close stretches joined."""
        with np.errstate(over="ignore", invalid="ignore"):
            if np.dot(samples, samples) < MAX_AMPLITUDE**2:  # then each sample is below it too; NaN is never less
                return []
        invalid = np.flatnonzero(~(np.abs(samples) < MAX_AMPLITUDE))
        if not len(invalid):
            return []
        samples[invalid] = 0.0
        breaks = np.flatnonzero(np.diff(invalid) > JOIN_S * self.sample_rate_hz)
        begins, ends = invalid[np.r_[0, breaks + 1]] + first, invalid[np.r_[breaks, -1]] + first + 1
        return [self._stretch(*edges, NOT_FINITE) for edges in zip(begins.tolist(), ends.tolist(), strict=True)]

    def _stretch(self, first: int, end: int, reason: str) -> LostStretch:
        return LostStretch(first / self.sample_rate_hz, end / self.sample_rate_hz, reason)

    def length(self) -> int:
        """Return the recording's number of samples: as declared, unless there is no claim, or reason to doubt it.

        Then it is counted, without decoding, and the claim is believed in proportion: a small file that declares a
        month must not be planned as one.
        """
        with self._file.file.checked():
            return self._length()

    def _length(self) -> int:
        declared = self.declared_samples
        if not declared:
            return self._count_samples()
        if self.has_bytes_for(declared) and (self._is_sure is None or self._is_sure()):
            return declared
        return believe_length(declared, self._count_samples(), self.sample_rate_hz)

    def has_bytes_for(self, n_samples: int) -> bool:
        """Return whether the file has as many bytes as so many samples take at least."""
        sure_bytes_per_s = SURE_BYTES_PER_S
        if self.format.endswith(LOSSLESS):
            sure_bytes_per_s = max(sure_bytes_per_s, SURE_SHARE * 2 * self.channels * self.sample_rate_hz)
        return self._file.size >= sure_bytes_per_s * n_samples / self.sample_rate_hz

    @property
    def is_read_by_ffmpeg(self) -> bool:
        """Return whether FFmpeg reads it, which may guess a length from a bit rate."""
        return isinstance(self._reader, FfmpegReader)

    def count_samples(self) -> int:
        """Return the number of samples that can be read, whatever the header declares, without decoding."""
        with self._file.file.checked():
            return self._count_samples()

    def _count_samples(self) -> int:
        fallback = self._open_fallback()
        counted = fallback.count_samples() if fallback else self._reader.count_samples()
        declared = self.declared_samples
        if declared and abs(counted - declared) <= self.slack_s * self.sample_rate_hz:
            return declared
        return counted

    def close(self) -> None:
        self._reader.close()
        if self._fallback:
            self._fallback.close()


def _lay_out(pieces: list[Piece], first: int, end: int) -> Samples:
    if len(pieces) == 1 and (pieces[0].first, pieces[0].end) == (first, end):
        return pieces[0].samples
    samples = np.zeros(end - first, np.float32)
    for piece in pieces:
        samples[piece.first - first : piece.end - first] = piece.samples
    return samples


def _gaps(pieces: Iterable[Piece | Span], first: int, end: int) -> Iterator[tuple[int, int]]:
    for piece in pieces:
        if piece.first > first:
            yield first, min(piece.first, end)
        first = max(first, piece.end)
    if end > first:
        yield first, end
