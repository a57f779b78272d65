"""Pictures that children draw, each once: kept on disk, and waited for by all who want the same one."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import BaseModel, Field, ValidationError

from dawn_chorus.adapters.disk_cache import DiskCache
from dawn_chorus.api.decoders.child import Refusal, crashed, raise_refusal, read_refusal
from dawn_chorus.api.decoders.lending import Lending, Reading
from dawn_chorus.api.decoders.pictures import Pictures
from dawn_chorus.api.spectrograms.subject import Subject
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Hangup, Message, split_message
from dawn_chorus.domain.pictures.spectrogram_grid import COLUMNS, ROWS, STRIP_SPAN_S

LIMITS = Limits(256 << 20, wall_s=120, cpu_s=60)
WEBP = b"RIFF"
MARGIN_S = 1.0
"""Of sound on both sides of a picture: half a window of its transform."""
CONTRAST_PLACES, CONTRAST_S = 16, 64.0
"""At most so many stretches of a recording tell its contrast, and so much of it in all."""
DRAWING = "Drawing the spectrogram"


class Contrast(BaseModel):
    """Between which levels the sound of a recording lies, and which of its channels is the loudest."""

    low_db: float = Field(allow_inf_nan=False)
    high_db: float = Field(allow_inf_nan=False)
    loudest: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws spectrograms. One for each process of the API, used from one event loop."""

    pictures: Pictures
    lending: Lending
    cache: DiskCache
    _running: dict[str, "_Shared"] = field(default_factory=dict)

    async def tile(self, subject: Subject, span_s: int, index: int) -> bytes:
        """Return a picture of a span that is drawn from its own sound, as WebP.

        Raises Problem: `busy`, or `undecodable-audio`, where the file ended its child too; TransientError.
        """
        columns = {"first": index * COLUMNS, "length_s": span_s / COLUMNS}
        return await self.kept(subject.key("tile", span_s, index), lambda: self._ask("spectrogram", subject, columns))

    async def strip(self, subject: Subject, index: int) -> bytes:
        """Return the levels of one strip of an overview, (n_rows, n_columns). Raises as `tile` does."""
        columns = {"first": index * COLUMNS, "length_s": STRIP_SPAN_S / COLUMNS}
        return await self.kept(subject.key("strip", index), lambda: self._ask("spectrogram strip", subject, columns))

    def kept_strip(self, subject: Subject, index: int) -> bytes | None:
        """Return the levels of a strip that was drawn; None: it was not, or is forgotten. Blocks."""
        return self.cache.get(subject.key("strip", index))

    async def contrast(self, subject: Subject) -> Contrast:
        """Return the contrast of what is shown, of some stretches of it. Raises as `tile` does."""
        found = await self.kept(subject.key("contrast"), lambda: self._measure(subject))
        return Contrast.model_validate_json(found)

    async def encode(self, levels: bytes) -> bytes:
        """Return levels, (n_rows, n_columns), as WebP. Raises as `tile` does."""
        file = os.memfd_create("levels")
        try:
            os.write(file, levels)
            return await self._receive("spectrogram overview", {}, file)
        finally:
            os.close(file)

    async def kept(self, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return what is kept under the key, or make it, once for all who ask meanwhile, and keep it.

        It is given up when nobody waits for it any more.
        """
        shared = self._running.get(key)
        if shared is None:
            shared = self._running[key] = _Shared(asyncio.create_task(self._make(key, make)))
        shared.n_waiting += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.n_waiting -= 1
            if not shared.n_waiting and self._running.get(key) is shared:
                del self._running[key]
                shared.task.cancel()

    async def _make(self, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        found = await asyncio.to_thread(self.cache.get, key)
        if found is None:
            found = await make()
            await asyncio.to_thread(self.cache.put, key, found)
        return found

    async def _measure(self, subject: Subject) -> bytes:
        reading = Reading(0.0, subject.duration_s, CONTRAST_PLACES, CONTRAST_S)
        received, ended = await self._lend("spectrogram contrast", subject, reading, {})
        head, _ = _split(received, ended)
        try:
            return Contrast.model_validate(head).model_dump_json().encode()
        except ValidationError as error:
            raise crashed(ended, DRAWING, LIMITS) from error

    async def _ask(self, job: str, subject: Subject, columns: Message) -> bytes:
        length_s = columns["length_s"]
        first_s, end_s = columns["first"] * length_s, (columns["first"] + COLUMNS) * length_s
        reading = Reading(max(0.0, first_s - MARGIN_S), min(subject.duration_s, end_s + MARGIN_S))
        return _content(job, *await self._lend(job, subject, reading, {"columns": columns}))

    async def _receive(self, job: str, request: Message, file: int) -> bytes:
        return _content(job, *await self.pictures.run(job, request, LIMITS, file))

    async def _lend(self, job: str, subject: Subject, reading: Reading, request: Message) -> tuple[bytes, Message]:
        async with self.lending.lend(subject.recording, reading) as lent:
            asked = {**lent.facts, **subject.request(), **request}
            return await self.pictures.run(job, asked, LIMITS, lent.descriptor)


@dataclass(slots=True)
class _Shared:
    """Work, and how many wait for it."""

    task: "asyncio.Task[bytes]"
    n_waiting: int = 0


def _content(job: str, received: bytes, ended: Message) -> bytes:
    """Return the bytes in an answer, if they are what they should be."""
    head, content = _split(received, ended)
    is_right = len(content) == ROWS * COLUMNS if job == "spectrogram strip" else content.startswith(WEBP)
    if head.get("size") != len(content) or not is_right:
        raise crashed(ended, DRAWING, LIMITS)
    return content


def _split(received: bytes, ended: Message) -> tuple[Message, bytes]:
    """Return the message that an answer begins with, and the rest. Raises what the child reports."""
    try:
        head, rest = split_message(received)
    except Hangup as error:
        raise crashed(ended, DRAWING, LIMITS) from error
    if refusal := read_refusal(head):  # it was audio when it was accepted
        raise_refusal(refusal if refusal.error == "transient" else Refusal(error="undecodable", detail=refusal.detail))
    return head, rest
