"""The port that every decoder implements, and the pieces of samples that it returns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""(n_samples,), or with the shape that a docstring states; full scale is ±1."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples at a position in the recording."""

    first: int
    samples: Samples
    """(n_samples, n_channels)"""

    @property
    def end(self) -> int:
        return self.first + len(self.samples)

    def cut(self, first: int, end: int) -> "Piece":
        """Return the part within [first, end), which may be empty."""
        begin = max(first, self.first)
        return Piece(begin, self.samples[begin - self.first : max(begin, end) - self.first])


class Reader(Protocol):
    """An audio file opened with one decoder. Not thread-safe."""

    sample_rate_hz: int
    channels: int
    format: str
    """As in `AudioFacts`."""
    declared_samples: int | None
    """None if the file declares no length."""
    end: int | None
    """The end of the recording according to this decoder, once a read has reached it."""

    def keep_channel(self, channel: int) -> None:
        """From now on return pieces of this channel only, from 1; a piece whose audio lacks it has none."""
        ...

    def read(self, first: int, end: int) -> list[Piece]:
        """Return what can be decoded of [first, end), in order and without overlap, up to the first damage.

        A reader with timestamps skips damage and continues after it: the gaps between pieces are lost.
        """
        ...

    def count_samples(self) -> int:
        """Return the recording's actual number of samples, whatever its header declares; decodes nothing."""
        ...

    def close(self) -> None: ...


def join_pieces(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield pieces that follow one another as one, if they have equally many channels; a decoder returns thousands.

    In memory each channel lies in one row, which makes mixing and measuring several times as fast.
    """
    group: list[Piece] = []
    for piece in pieces:
        if group and (piece.first != group[-1].end or piece.samples.shape[1] != group[-1].samples.shape[1]):
            yield _joined(group)
            group = []
        group.append(piece)
    if group:
        yield _joined(group)


def _joined(group: list[Piece]) -> Piece:
    if len(group) == 1:
        return Piece(group[0].first, np.ascontiguousarray(group[0].samples.T).T)
    return Piece(group[0].first, np.concatenate([piece.samples.T for piece in group], axis=1).T)


def name_format(container: str, coding: str) -> str:
    """Return a short name: `wav/pcm_16`, `mp4/aac`; one word if container and coding are the same: `mp3`."""
    coding = {"mpeg_layer_iii": "mp3", "mp3float": "mp3"}.get(coding.lower(), coding.lower())
    return coding if coding == container.lower() else f"{container.lower()}/{coding}"


def only_channel(channels: Samples, channel: int | None) -> Samples:
    """Return one channel, from 1, of (n_samples, n_channels) as (n_samples, 1), or (n_samples, 0); None: all."""
    return channels if channel is None else channels[:, channel - 1 : channel].copy()


def to_mono(channels: Samples) -> Samples:
    """Average the channels, (n_samples, n_channels) → (n_samples,): channel by channel, which is fast, like librosa."""
    if channels.shape[1] == 1:
        return np.ascontiguousarray(channels[:, 0])
    mono = channels[:, 0].copy()
    # What is no finite number is found and told of by `source`; a warning of NumPy would only fill the log.
    with np.errstate(invalid="ignore", over="ignore"):
        for channel in range(1, channels.shape[1]):
            mono += channels[:, channel]
    mono /= np.float32(channels.shape[1])
    return mono
