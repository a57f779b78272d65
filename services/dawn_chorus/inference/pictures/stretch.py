"""Reads stretches of a recording whose facts are known, for pictures and clips."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dawn_chorus.cage.messages import Message
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.opening import choose_source
from dawn_chorus.inference.audio.reader import Piece, Samples, join_pieces
from dawn_chorus.inference.audio.source import MAX_AMPLITUDE, AudioSource

Span = tuple[int, int]
"""Samples [first, end)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples of all channels at a place in a recording."""

    first: int
    samples: Samples
    """(n_channels, n_samples), full scale ±1; 0 where there are none."""
    lost: tuple[Span, ...]
    """What no decoder could read of it, in samples of the recording; the end of a shorter recording is lost too."""

    @property
    def end(self) -> int:
        return self.first + len(self.samples.T)


class Sound:
    """A recording, opened. Its stretches cost least in the order of time."""

    def __init__(self, source: AudioSource) -> None:
        self._source = source
        self.sample_rate_hz, self.channels, self.format = source.sample_rate_hz, source.channels, source.format

    def read(self, first: int, end: int) -> Stretch:
        """Return samples [first, end) of all channels, float32: 4 bytes each, so read long stretches in blocks."""
        samples = np.zeros((self.channels, end - first), np.float32)
        spans: list[Span] = []
        for piece in join_pieces(self._source.read_pieces(first, end)):
            begin, stop = piece.first - first, piece.end - first
            samples[: piece.samples.shape[1], begin:stop] = piece.samples.T
            spans += _valid_spans(piece)
        samples[~(np.abs(samples) < MAX_AMPLITUDE)] = 0.0
        return Stretch(first, samples, tuple(_between(spans, first, end)))


@contextmanager
def open_sound(request: Message, files: list[int]) -> Iterator[Sound]:
    """Open the recording that a request and its descriptors lend (`api.decoders.lending`); close it at the end.

    Raises NotAudio, EmptyAudio or UndecodableAudio, and TransientError if it cannot be read now: at the end of the
    block at the latest, so answer only behind it.
    """
    file = AudioFile(request["name"], request["size"], tuple(request["version"]), descriptor=files[0])
    source = choose_source(file)
    try:
        yield Sound(source)
    finally:
        source.close()


def _valid_spans(piece: Piece) -> list[Span]:
    """Return where the samples of a piece are finite numbers of a possible size in all channels."""
    invalid = np.flatnonzero(~(np.abs(piece.samples) < MAX_AMPLITUDE).all(axis=1))
    if not len(invalid):
        return [(piece.first, piece.end)]
    edges = [-1, *invalid.tolist(), len(piece.samples)]
    return [(piece.first + before + 1, piece.first + after) for before, after in pairwise(edges) if after > before + 1]


def _between(spans: list[Span], first: int, end: int) -> Iterator[Span]:
    """Yield what the spans, in order, leave open of [first, end)."""
    for begin, stop in spans:
        if begin > first:
            yield first, begin
        first = max(first, stop)
    if end > first:
        yield first, end
