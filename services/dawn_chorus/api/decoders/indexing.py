"""Where frames begin in MP3 and raw AAC: found once for each file by a child that demuxes it, and kept."""

from collections import OrderedDict
from itertools import pairwise
from typing import Annotated, Literal

from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.byte_indexes import NO_INDEX, get_byte_index, save_byte_index
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.decoders.child import Refusal
from dawn_chorus.api.decoders.server import MEMORY_BYTES, Decoders
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Hangup, Message, parse_messages
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.recording import ByteIndex

log = get_logger(__name__)
JOB = "byte_index"
LIMITS = Limits(MEMORY_BYTES, wall_s=900.0, cpu_s=120)
"""A day of MP3 takes 10 s of a processor, and as long as its bytes take to come."""
MOST_KEPT = 256
"""Indexes in memory; one of a day has 70 kB."""


class _Index(BaseModel):
    codec: str = Field(pattern="^(mp3float|aac)$")
    frame_samples: int = Field(gt=0, le=8192)
    skipped: int = Field(ge=0, le=1 << 20)
    frames: int = Field(gt=0, lt=1 << 40)
    step: int = Field(gt=0, lt=1 << 40)
    positions: Annotated[list[int], Field(min_length=2)]
    first_entry: Literal[0]

    @model_validator(mode="after")
    def _rises(self) -> "_Index":
        positions = self.positions
        if positions[0] < 0 or any(one >= other for one, other in pairwise(positions)):
            raise ValueError("positions that do not rise")
        if len(positions) != -(-self.frames // self.step) + 1:
            raise ValueError("positions that are no step apart")
        return self


class _Answer(BaseModel):
    index: _Index | None


_ANSWER: TypeAdapter[_Answer | Refusal] = TypeAdapter(_Answer | Refusal)


class Indexes:
    """The indexes of files, by checksum."""

    def __init__(self, database: Database, decoders: Decoders) -> None:
        self._database, self._decoders = database, decoders
        self._kept: OrderedDict[str, ByteIndex] = OrderedDict()

    async def find(self, sha256: str) -> ByteIndex | None:
        """Return the index of a file, `NO_INDEX` if it can have none; None: it is to be made. Raises TransientError."""
        if sha256 in self._kept:
            self._kept.move_to_end(sha256)
            return self._kept[sha256]
        found = await run_in_threadpool(get_byte_index, self._database, sha256)
        if found is not None:
            self._keep(sha256, found)
        return found

    async def make(self, sha256: str, request: Message, file: int) -> ByteIndex:
        """Make the index of a file that is lent to a child; keep and return it. Raises TransientError.

        A file that crashes its child has no index.
        """
        answer, ended = await self._decoders.run(JOB, request, LIMITS, file)
        index = _read_answer(answer)
        log.info("a byte index was made", sha256=sha256, frames=index.frames, exit_code=ended["exit"])
        await run_in_threadpool(save_byte_index, self._database, sha256, index)
        self._keep(sha256, index)
        return index

    def _keep(self, sha256: str, index: ByteIndex) -> None:
        self._kept[sha256] = index
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


def _read_answer(received: bytes) -> ByteIndex:
    try:
        answer = _ANSWER.validate_python(parse_messages(received)[-1])
    except (ValidationError, Hangup, IndexError):
        return NO_INDEX
    if isinstance(answer, Refusal):
        if answer.error == "transient":
            raise TransientError(answer.detail)
        return NO_INDEX
    if answer.index is None:
        return NO_INDEX
    return ByteIndex(**answer.index.model_dump(exclude={"positions"}), positions=tuple(answer.index.positions))
