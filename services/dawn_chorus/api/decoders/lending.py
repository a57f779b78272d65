"""Lends a stored recording to a child: what it reads from, and what it is told of it.

A folder's file is lent as it is. In a bucket a child reads ranges; where no range leads to a stretch, a small file is
read whole, and of a large one a local copy is fetched, once, while requests are told to come again.
"""

import math
import os
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import PurePath

from dawn_chorus.adapters.postgres.byte_indexes import NO_INDEX
from dawn_chorus.api.decoders.access import Access
from dawn_chorus.api.decoders.indexing import Indexes
from dawn_chorus.api.decoders.once import Once
from dawn_chorus.api.decoders.ranges import Allowance
from dawn_chorus.api.http.problems import NOT_FOUND, Problem
from dawn_chorus.cage.messages import Message
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.recording import INDEXED_FORMATS, ByteIndex, Recording

WHOLE_BYTES = 64 << 20
"""Files up to this size may be read whole for a stretch, where no range leads to it, …"""
WHOLE_TIMES = 10
"""… and so often in all: to find several recordings in them, to measure each, to decode."""
TIMES, MORE_BYTES, MORE_BYTES_PER_H = 4, 12 << 20, 2 << 20
"""What a stretch may fetch: its share of the file so many times (loud stretches have more), what opening takes and a
search in a FLAC without a table of positions, and for each hour the index of an M4A."""
RANGE_BYTES, MORE_TRIPS = 256 << 10, 100
MOST_S = 60.0
WAIT_S, WAIT_FOR_LARGE_S = 20.0, 2.0
"""How long a request waits for a file to be fetched or indexed before it is told to come again."""
MOST_REMEMBERED = 10_000
MISSING = "The audio of this recording is missing in the store"
INDEXING = "it is being found out where in this recording which second stands"


@dataclass(frozen=True, slots=True)
class LentAudio:
    """A recording that a child may read."""

    descriptor: int
    facts: Message
    """What `inference.pictures.stretch.open_sound` is told: part of the request of every job."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a child is to read of a recording."""

    start_s: float
    end_s: float
    places: int = 1
    """Stretches within that."""
    read_s: float | None = None
    """The length of all of them; None: all from `start_s` to `end_s`."""

    @property
    def total_s(self) -> float:
        return self.end_s - self.start_s if self.read_s is None else self.read_s


class Lending:
    """Lends recordings to children. One for each process of the API, used from one event loop."""

    def __init__(self, access: Access, indexes: Indexes) -> None:
        self._access, self._indexes = access, indexes
        self._making: Once[ByteIndex] = Once(1)
        self._whole: OrderedDict[str, None] = OrderedDict()
        """Keys of recordings that no range leads into."""

    @asynccontextmanager
    async def lend(self, recording: Recording, reading: Reading) -> AsyncIterator[LentAudio]:
        """Lend a recording while the block runs, so that a child may read these stretches of it.

        Raises Problem `not-found` if the store has lost it; and TransientError, at the end of the block too: then what
        the child made of the recording is worth nothing.
        """
        try:
            facts = await self._known(recording, reading)
            descriptor = await self._open(recording)
        except PermanentError as error:
            raise Problem(NOT_FOUND, MISSING) from error
        if descriptor is None:
            async with self._ranges(recording, reading) as lent:
                yield LentAudio(lent.descriptor, lent.facts | facts)
            return
        try:
            yield LentAudio(descriptor, _file_facts(recording, descriptor) | facts)
        finally:
            os.close(descriptor)

    async def close(self) -> None:
        """Give up what is at work in the background."""
        await self._making.close()
        await self._access.close()

    async def _known(self, recording: Recording, reading: Reading) -> Message:
        """Return what is known of a recording; the index of one that needs it is made first."""
        audio = {
            name: getattr(recording.audio, name) for name in ("format", "duration_s", "sample_rate_hz", "channels")
        }
        if recording.audio.format not in INDEXED_FORMATS:
            return {"audio": audio}
        index = await self._indexes.find(recording.sha256) or await self._making.wait(
            recording.sha256, lambda: self._make_index(recording), _wait_s(recording), INDEXING
        )
        if index == NO_INDEX:
            if recording.size_bytes > WHOLE_BYTES:
                self._remember(recording.store_key)
            return {"audio": audio}
        first, end = (round(at_s * recording.audio.sample_rate_hz) for at_s in (reading.start_s, reading.end_s))
        return {"audio": audio, "index": asdict(index.around(first, end))}

    async def _open(self, recording: Recording) -> int | None:
        """Return a descriptor of the file, or of a copy of one that no range leads into; None: it is read by ranges."""
        stored = await self._access.open_stored(recording.store_key)
        if stored is None and recording.store_key in self._whole:
            return await self._access.open_copy(recording.store_key, _wait_s(recording))
        return stored

    @asynccontextmanager
    async def _ranges(self, recording: Recording, reading: Reading) -> AsyncIterator[LentAudio]:
        allowance = _allowance(recording, reading)
        try:
            async with self._access.open_ranges(recording.store_key, allowance) as socket:
                yield LentAudio(socket, _range_facts(recording, allowance))
        except PermanentError as error:
            if error is not allowance.error:  # it is the caller's
                raise
            raise Problem(NOT_FOUND, MISSING) from error
        finally:
            if allowance.asked_for_whole:
                self._remember(recording.store_key)

    async def _make_index(self, recording: Recording) -> ByteIndex:
        stored = await self._access.open_stored(recording.store_key)
        if stored is not None:
            try:
                return await self._indexes.make(recording.sha256, _file_facts(recording, stored), stored)
            finally:
                os.close(stored)
        most_bytes = 3 * recording.size_bytes + MORE_BYTES
        allowance = Allowance(most_bytes, most_bytes // RANGE_BYTES + MORE_TRIPS, math.inf, most_bytes)
        async with self._access.open_ranges(recording.store_key, allowance) as socket:
            return await self._indexes.make(recording.sha256, _range_facts(recording, allowance), socket)

    def _remember(self, key: str) -> None:
        self._whole[key] = None
        while len(self._whole) > MOST_REMEMBERED:
            self._whole.popitem(last=False)


def _wait_s(recording: Recording) -> float:
    return WAIT_S if recording.size_bytes <= WHOLE_BYTES else WAIT_FOR_LARGE_S


def _allowance(recording: Recording, reading: Reading) -> Allowance:
    hours = recording.audio.duration_s / 3600
    share = min(1.0, reading.total_s / recording.audio.duration_s)
    more_bytes = MORE_BYTES * reading.places + MORE_BYTES_PER_H * hours
    most_bytes = int(TIMES * share * recording.size_bytes + more_bytes)
    most_trips = most_bytes // RANGE_BYTES + MORE_TRIPS
    whole_bytes = WHOLE_TIMES * recording.size_bytes if recording.size_bytes <= WHOLE_BYTES else 0
    return Allowance(most_bytes, most_trips, MOST_S, whole_bytes)


def _file_facts(recording: Recording, descriptor: int) -> Message:
    stat = os.fstat(descriptor)
    return {"name": _name(recording), "size": stat.st_size, "version": (stat.st_ino, stat.st_mtime_ns)}


def _range_facts(recording: Recording, allowance: Allowance) -> Message:
    facts = {"name": _name(recording), "size": recording.size_bytes, "version": (0, 0)}
    return facts | {"most_bytes": allowance.most_bytes}


def _name(recording: Recording) -> str:
    return PurePath(recording.store_key).name
