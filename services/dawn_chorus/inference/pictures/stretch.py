"""Reads stretches of a recording whose facts are known, for pictures and clips."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dawn_chorus.cage.messages import Message
from dawn_chorus.domain.errors import UndecodableAudio
from dawn_chorus.domain.recording import AudioFacts, ByteIndex
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.remote_file import RemoteFile
from dawn_chorus.inference.audio.opening import choose_source
from dawn_chorus.inference.audio.probe import probe_audio
from dawn_chorus.inference.audio.reader import Piece, Samples, join_pieces
from dawn_chorus.inference.audio.source import MAX_AMPLITUDE, SLACK_S, AudioSource
from dawn_chorus.inference.pictures.byte_index import read_by_index
from dawn_chorus.inference.pictures.healthy import open_healthy

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

    def __init__(self, file: AudioFile, facts: AudioFacts, index: ByteIndex | None) -> None:
        """`index`: of an MP3 or raw AAC, where there is one. Raises as `open_sound` does."""
        self._file, self._facts, self._index = file, facts, index
        self._source: AudioSource | None = None
        self.sample_rate_hz, self.channels, self.format = facts.sample_rate_hz, facts.channels, facts.format
        self.n_samples = round(facts.duration_s * facts.sample_rate_hz)

    def read(self, first: int, end: int) -> Stretch:
        """Return samples [first, end) of all channels, float32: 4 bytes each, so read long stretches in blocks.

        Raises TransientError where a part of the file could not be read now.
        """
        try:
            pieces = self._pieces(first, end)
        except Exception:  # what it is depends on the library that failed to read
            if not self._is_too_much():
                self._file.check()
                raise
            pieces = self._pieces_of_whole(first, end)
        if self._is_too_much():
            pieces = self._pieces_of_whole(first, end)
        self._file.check()
        return _lay_out(list(join_pieces(pieces)), first, end, self.channels, self._padding())

    def close(self) -> None:
        if self._source is not None:
            self._source.close()

    def _pieces(self, first: int, end: int) -> list[Piece]:
        end = min(end, self.n_samples)
        if first >= end:
            return []
        if self._index is not None:
            pieces = self._pieces_by_index(self._index, first, min(end, self._index.n_samples))
            if pieces is not None:
                return pieces
            self._index = None
        if self._source is None:
            self._source = self._checked(open_healthy(self._file, self._facts) or choose_source(self._file))
        return self._source.read_pieces(first, end)

    def _pieces_by_index(self, index: ByteIndex, first: int, end: int) -> list[Piece] | None:
        """Return the samples; none behind the last frame; None if the index does not fit the file."""
        if first >= end:
            return []
        piece = read_by_index(FileBytes(self._file), index, first, end)
        return [piece] if piece is not None and (piece.first, piece.end) == (first, end) else None

    def _padding(self) -> Span:
        """Return what an encoder's padding or a container's rounding adds to the end of the recording: no loss."""
        reached, slack_s = None, SLACK_S
        if self._source is not None:
            reached, slack_s = self._source.n_samples, self._source.slack_s
        elif self._index is not None:
            reached = self._index.n_samples
        is_reached = reached is not None and self.n_samples - reached <= slack_s * self.sample_rate_hz
        return (reached if is_reached and reached is not None else self.n_samples, self.n_samples)

    def _is_too_much(self) -> bool:
        return self._file.remote is not None and self._file.remote.is_too_much

    def _pieces_of_whole(self, first: int, end: int) -> list[Piece]:
        """Return the pieces as the usual reader finds them, however much of the file it reads."""
        if self._file.remote is not None:
            self._file.remote.ask_for_whole()
        self.close()
        self._source = self._checked(choose_source(self._file))
        return self._source.read_pieces(first, min(end, self.n_samples))

    def _checked(self, source: AudioSource) -> AudioSource:
        if source.sample_rate_hz == self.sample_rate_hz:
            return source
        source.close()
        raise UndecodableAudio(
            f"{self._file.name} was taken in with {self.sample_rate_hz} Hz and is read with {source.sample_rate_hz} Hz"
        )


@contextmanager
def open_sound(request: Message, files: list[int]) -> Iterator[Sound]:
    """Open the recording that a request and its descriptors lend (`api.decoders.lending`); close it at the end.

    Raises NotAudio, EmptyAudio or UndecodableAudio, and TransientError if it cannot be read now; reading raises them
    too.
    """
    file, index = lent_file(request, files), request.get("index")
    facts = AudioFacts(**request["audio"]) if "audio" in request else probe_audio(file)
    sound = Sound(file, facts, ByteIndex(**index) if index else None)
    try:
        yield sound
    finally:
        sound.close()


def lent_file(request: Message, files: list[int]) -> AudioFile:
    """Return the file that a request and its descriptors lend."""
    name, size, version = request["name"], request["size"], tuple(request["version"])
    if "most_bytes" in request:
        return AudioFile(name, size, version, remote=RemoteFile(files[0], size, request["most_bytes"]))
    return AudioFile(name, size, version, descriptor=files[0])


def _lay_out(pieces: list[Piece], first: int, end: int, channels: int, padding: Span) -> Stretch:
    samples = np.zeros((channels, end - first), np.float32)
    spans: list[Span] = []
    for piece in pieces:
        found = min(channels, piece.samples.shape[1])
        target = samples[:found, piece.first - first : piece.end - first]
        target[:] = piece.samples.T[:found]
        if _is_possible(piece.samples):
            spans.append((piece.first, piece.end))
        else:
            target[~(np.abs(target) < MAX_AMPLITUDE)] = 0.0
            spans += _valid_spans(piece)
    return Stretch(first, samples, tuple(_between([*spans, padding], first, end)))


def _is_possible(samples: Samples) -> bool:
    """Return whether the squares of all samples of each channel together are a number of a possible size.

    Then each sample is one, too; it costs a tenth of looking at each.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return all(np.dot(channel, channel) < MAX_AMPLITUDE**2 for channel in samples.T)


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
        if min(begin, end) > first:
            yield first, min(begin, end)
        first = max(first, stop)
    if end > first:
        yield first, end
