"""An audio file as one row of mono samples that can be read from anywhere, and what of it is lost.

libsndfile reads what it reads well. FFmpeg reads the rest, and steps in where libsndfile gives up: at damage, and at a
declared end that is not the end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawn_chorus.domain.errors import UndecodableAudio
from dawn_chorus.inference.audio.ffmpeg_reader import FfmpegReader
from dawn_chorus.inference.audio.reader import Piece, Reader, Samples

DAMAGED = "the data is damaged and no decoder could read it"
NOT_FINITE = "the samples are no finite numbers"
LOUDEST = np.float32(1e10)
"""Beyond any scale that sound is kept in; a few of these would drown all else in the filters that follow."""
JOIN_S = 0.01
SLACK_S = 0.15
"""Encoders pad, and containers round: a lossy file that ends this much off its claim is whole."""


@dataclass(frozen=True, slots=True)
class LostStretch:
    """Audio that no decoder could deliver; seconds from the recording's start."""

    start_s: float
    end_s: float
    reason: str


class AudioSource:
    """An open audio file. Not thread-safe."""

    def __init__(
        self, path: Path, reader: Reader, *, declared_samples: int | None, fallback: bool, sample_accurate: bool
    ) -> None:
        """Take `declared_samples` as the header's word, None where it gives none.

        `fallback`: FFmpeg is asked where the reader falls short. `sample_accurate`: the claim is meant to the sample.
        """
        self._path, self._reader = path, reader
        self._fallback: Reader | None = None
        self._may_fall_back = fallback
        self.declared_samples, self.slack_s = declared_samples, 0.0 if sample_accurate else SLACK_S
        self.sample_rate_hz, self.channels, self.format = reader.sample_rate_hz, reader.channels, reader.format
        self.n_samples: int | None = None
        """The recording's true length, once a read came to its end."""

    def read(self, first: int, end: int) -> tuple[Samples, list[LostStretch]]:
        """Return samples [first, end), zeros where there are none, and what is lost before the recording's end."""
        pieces = self._read_pieces(first, end)
        samples = _lay_out(pieces, first, end)
        audible_end = end if self.n_samples is None else min(end, self.n_samples)
        holes = _complement(pieces, first, audible_end)
        lost = [self._stretch(*hole, DAMAGED) for hole in holes]
        return samples, lost + self._silence_wild_samples(samples, first)

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

    def _open_fallback(self) -> Reader | None:
        """FFmpeg, unless it makes nothing of the file or of another sample rate."""
        if self._may_fall_back and self._fallback is None:
            try:
                self._fallback = FfmpegReader(self._path)
            except UndecodableAudio:
                self._may_fall_back = False
        return self._fallback if self._fallback and self._fallback.sample_rate_hz == self.sample_rate_hz else None

    def _silence_wild_samples(self, samples: Samples, first: int) -> list[LostStretch]:
        """Zero what is NaN, infinite or absurd, in place; say where, stretches that nearly touch as one."""
        with np.errstate(over="ignore", invalid="ignore"):
            if np.dot(samples, samples) < LOUDEST**2:  # no single one is louder than all together; NaN is never less
                return []
        wild = np.flatnonzero(~(np.abs(samples) < LOUDEST))
        if not len(wild):
            return []
        samples[wild] = 0.0
        breaks = np.flatnonzero(np.diff(wild) > JOIN_S * self.sample_rate_hz)
        begins, ends = wild[np.r_[0, breaks + 1]] + first, wild[np.r_[breaks, -1]] + first + 1
        return [self._stretch(*edges, NOT_FINITE) for edges in zip(begins.tolist(), ends.tolist(), strict=True)]

    def _stretch(self, first: int, end: int, reason: str) -> LostStretch:
        return LostStretch(first / self.sample_rate_hz, end / self.sample_rate_hz, reason)

    def count_samples(self) -> int:
        """Count what can be read, whatever the header claims, without decoding it."""
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


def _complement(pieces: Iterable[Piece], first: int, end: int) -> Iterator[tuple[int, int]]:
    for piece in pieces:
        if piece.first > first:
            yield first, min(piece.first, end)
        first = max(first, piece.end)
    if end > first:
        yield first, end
