"""Lends a stored recording to a child: an open descriptor, and what the child is told about it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

from dawn_chorus.cage.messages import Message
from dawn_chorus.domain.ports import AudioStore


@dataclass(frozen=True, slots=True)
class LentAudio:
    """A recording that a child may read."""

    descriptor: int
    facts: Message
    """`{"name", "size", "version"}`, as `AudioFile` takes them; part of the request of every job."""


@asynccontextmanager
async def lend_audio(store: AudioStore, key: str) -> AsyncIterator[LentAudio]:
    """Lend a recording while the block runs. Raises PermanentError for an unknown key, TransientError."""
    with ExitStack() as opened:
        path = await asyncio.to_thread(lambda: opened.enter_context(store.local_copy(key)))
        descriptor = await asyncio.to_thread(os.open, path, os.O_RDONLY)
        opened.callback(os.close, descriptor)
        facts = os.fstat(descriptor)
        yield LentAudio(
            descriptor,
            {"name": path.name, "size": facts.st_size, "version": (facts.st_ino, facts.st_mtime_ns)},
        )
