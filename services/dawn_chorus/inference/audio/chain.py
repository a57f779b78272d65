"""Reads recordings that stand one after another in one file, as one sequence of samples.

Chained Ogg and concatenated files: every part is read by the decoder that would be chosen for it alone. Parts follow
each other in time. Those of a lower sample rate are brought to the highest, and are also there at their own
(`slower_parts`). A part that cannot be read is lost.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np

from dawn_chorus.inference.audio.claims import ROUNDING_S
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.parts import Part
from dawn_chorus.inference.audio.reader import Piece, join_pieces, only_channel
from dawn_chorus.inference.audio.source import AudioSource
from dawn_chorus.inference.audio.upsampling import Upsampler

MAX_OPEN = 2
"""Parts that stay open: a recorder may have been cut off a thousand times."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A part at its place, in samples of the chain."""

    part: Part
    first: int
    end: int


class ChainReader:
    """Reads the parts in their order; see `Reader`."""

    def __init__(self, parts: list[Part], open_part: Callable[[FileBytes], AudioSource]) -> None:
        """At least one part can be read."""
        readable = [part for part in parts if part.lost is None]
        self._open_part = open_part
        self.sample_rate_hz = max(part.sample_rate_hz for part in readable)
        self.channels = max(part.channels for part in readable)
        self.format = readable[0].format
        self._placed = list(_place(parts, self.sample_rate_hz))
        self.declared_samples: int | None = self._placed[-1].end
        self.end: int | None = None
        self._channel: int | None = None
        self._opened: dict[int, AudioSource] = {}
        self._upsamplers: dict[int, Upsampler] = {}

    def keep_channel(self, channel: int) -> None:
        self._channel = channel

    def read(self, first: int, end: int) -> list[Piece]:
        pieces: list[Piece] = []
        for number, placed in enumerate(self._placed):
            begin, stop = max(first, placed.first), min(end, placed.end)
            if begin < stop and placed.part.lost is None:
                read = self._read_part(number, begin - placed.first, stop - placed.first)
                pieces += [Piece(placed.first + piece.first, piece.samples) for piece in read]
        if end > self._placed[-1].end:
            self.end = self._placed[-1].end
        return [Piece(piece.first, only_channel(piece.samples, self._channel)) for piece in pieces]

    def lost_parts(self, first: int, end: int) -> list[tuple[int, int, str]]:
        """Return what of [first, end) is lost because a part cannot be read, and why."""
        touched = (placed for placed in self._placed if placed.first < end and placed.end > first)
        return [
            (max(first, placed.first), min(end, placed.end), placed.part.lost) for placed in touched if placed.part.lost
        ]

    def slower_parts(self, first: int, end: int) -> Iterator[tuple[int, int, AudioSource]]:
        """Yield the parts of a lower rate that touch [first, end): where each is, and itself, opened until the next."""
        for placed in self._placed:
            is_slower = placed.part.lost is None and placed.part.sample_rate_hz < self.sample_rate_hz
            if is_slower and placed.first < end and placed.end > first:
                with closing(self._open_part(placed.part.file)) as source:
                    yield placed.first, placed.end, source

    def count_samples(self) -> int:
        return self._placed[-1].end

    def close(self) -> None:
        for source in self._opened.values():
            source.close()
        self._opened = {}

    def _read_part(self, number: int, first: int, end: int) -> Iterator[Piece]:
        """Yield pieces of a part, from its own start, at the chain's rate."""
        part, source = self._placed[number].part, self._source(number)
        if part.sample_rate_hz == self.sample_rate_hz:
            yield from _read_within(source, first, end, part.n_samples)
            return
        upsampler = self._upsampler(part.sample_rate_hz)
        for piece in join_pieces(_read_within(source, *upsampler.inputs(first, end), part.n_samples)):
            begin = max(first, upsampler.output_position(piece.first))
            stop = min(end, upsampler.output_position(piece.end))
            if begin < stop:
                yield Piece(begin, upsampler.resample(piece.samples, piece.first, begin, stop))

    def _source(self, number: int) -> AudioSource:
        """Return a part, opened; the one that was opened first is closed for it."""
        if number not in self._opened:
            while len(self._opened) >= MAX_OPEN:
                self._opened.pop(next(iter(self._opened))).close()
            self._opened[number] = self._open_part(self._placed[number].part.file)
        return self._opened[number]

    def _upsampler(self, rate_hz: int) -> Upsampler:
        if rate_hz not in self._upsamplers:
            self._upsamplers[rate_hz] = Upsampler(rate_hz, self.sample_rate_hz)
        return self._upsamplers[rate_hz]


def _place(parts: list[Part], rate_hz: int) -> Iterator[_Placed]:
    """Yield where the parts are. Ends are rounded from exact times: rounding does not add up over many parts."""
    end_s, first = Fraction(0), 0
    for part in parts:
        end_s += Fraction(part.n_samples, part.sample_rate_hz)
        end = floor(end_s * rate_hz + Fraction(1, 2))  # `round` would give equal parts unequal lengths, at halves
        yield _Placed(part, first, end)
        first = end


def _read_within(source: AudioSource, first: int, end: int, n_samples: int) -> Iterator[Piece]:
    """Yield pieces of [first, end) of a part with `n_samples`; what its encoder's padding leaves open is silence."""
    first, end = max(0, first), min(end, n_samples)
    if first >= end:
        return
    reached = first
    for piece in source.read_pieces(first, end):
        inside = piece.cut(first, end)
        if len(inside.samples):
            reached = inside.end
            yield inside
    slack = max(source.slack_s, ROUNDING_S) * source.sample_rate_hz
    if reached < end and source.n_samples is not None and n_samples - source.n_samples <= slack:
        begin = max(reached, min(end, source.n_samples))
        yield Piece(begin, np.zeros((end - begin, source.channels), np.float32))
