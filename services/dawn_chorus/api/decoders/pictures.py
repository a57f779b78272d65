"""Pictures and clips of recordings, made by children that have places of their own: uploads never wait for them."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from dawn_chorus.api.decoders.child import (
    Refusal,
    Written,
    crashed,
    long_answer,
    raise_refusal,
    read_refusal,
    short_answer,
)
from dawn_chorus.api.decoders.server import Decoders
from dawn_chorus.api.http.problems import BUSY, Problem
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Message

RETRY_AFTER_S = 2
"""A picture takes a tenth of a second."""
GIVE_WAY_S, _LOOK_EVERY_S = 5.0, 0.05


@dataclass(frozen=True, slots=True)
class Job:
    """A picture or clip to be made."""

    name: str
    what: str
    """For messages, as the beginning of a sentence: `Making the clip`."""
    request: Message
    limits: Limits
    magic: Mapping[str, bytes]
    """How the bytes of each content type begin that may be answered."""
    max_bytes: int


class Pictures:
    """Two children at once, say, and so many requests that wait for them; further ones are told to come again."""

    def __init__(self, decoders: Decoders, at_once: int, waiting: int) -> None:
        self._decoders, self._places = decoders, asyncio.Semaphore(at_once)
        self._free = at_once + waiting

    async def run(self, job: str, request: Message, limits: Limits, file: int) -> tuple[bytes, Message]:
        """Return what a child answered, 1 MiB at most, and how it ended, as `Decoders.run` does.

        Raises Problem `busy`, and TransientError.
        """
        async with self.place():
            return await self._decoders.ask(job, request, limits, file, lambda child: short_answer(child, limits))

    async def write(self, job: Job, file: int, target: int) -> Message:
        """Write a picture or clip to the open file `target`; return what the child says of it, with its `content_type`.

        Hold a `place` meanwhile. Cancel it when the client is gone: the child ends with it. Raises Problem as reading a
        header does if nothing comes of the file, and TransientError.
        """
        written, ended = await self._decoders.ask(
            job.name,
            job.request,
            job.limits,
            file,
            lambda child: long_answer(child, job.limits, target, job.max_bytes),
        )
        if written is not None and (refusal := read_refusal(written.about)):  # it was audio when it was accepted
            raise_refusal(
                refusal if refusal.error == "transient" else Refusal(error="undecodable", detail=refusal.detail)
            )
        if written is None or not _is_as_promised(job, written, target):
            raise crashed(ended, job.what, job.limits)
        return written.about

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it while the block runs. Raises Problem `busy` where too many wait."""
        if not self._free:
            detail = "As many pictures and clips as may wait are waiting; try again soon"
            raise Problem(BUSY, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
        self._free -= 1
        try:
            async with self._places:
                yield
        finally:
            self._free += 1

    @asynccontextmanager
    async def spare_place(self) -> AsyncIterator[None]:
        """Hold a place that nobody waits for while the block runs; after some seconds without one, wait like all.

        For work that people do not watch. Raises Problem `busy` as `place` does.
        """
        for _ in range(round(GIVE_WAY_S / _LOOK_EVERY_S)):
            if not self._places.locked():
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        async with self.place():
            yield


def _is_as_promised(job: Job, written: Written, target: int) -> bool:
    """Return whether what was written is of a type that was asked for; cut off what an earlier attempt left behind."""
    magic = job.magic.get(str(written.about.get("content_type")))
    os.ftruncate(target, written.size_bytes)
    return magic is not None and bool(written.size_bytes) and os.pread(target, len(magic), 0) == magic
