"""One child at work: what it sends, and how it ended. All that a child sends is untrusted."""

import asyncio
import os
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from pydantic import BaseModel, ValidationError

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.http.problems import NOT_AUDIO, TOO_EARLY, UNDECODABLE, Problem
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import NOT_CAGED, Hangup, Message, parse_messages
from dawn_chorus.cage.server_process import Child, NoRoom, ServerGone
from dawn_chorus.domain.errors import TransientError

log = get_logger(__name__)
MAX_ANSWER_BYTES = 1 << 20
OVERDUE_S = 5.0
"""How much later than the time limit the server may tell that a child has ended."""
MAX_MESSAGE_BYTES, MAX_PART_BYTES = 1 << 16, 1 << 20
_LENGTH = struct.Struct("<Q")
_PART = struct.Struct("<QQ")
"""Where a part stands in the whole, and its length; a length of 0 ends the answer, with the size of the whole."""


class Refusal(BaseModel):
    """Why a child made nothing of a file."""

    error: str
    detail: str


@dataclass(frozen=True, slots=True)
class Written:
    """An answer that was written to a file."""

    about: Message
    """What the child says of it, or a refusal."""
    size_bytes: int


async def short_answer(child: Child, limits: Limits) -> tuple[bytes, Message]:
    """Return what a child answered, 1 MiB at most, and how it ended, once it has. Raises ServerGone, NoRoom."""
    ended = await _end(child, _overdue_s(limits))
    child.connection.setblocking(False)
    received = b""
    while len(received) < MAX_ANSWER_BYTES and (part := child.connection.recv(1 << 16)):  # it lies in the socket
        received += part
    return received, ended


async def long_answer(child: Child, limits: Limits, target: int, max_bytes: int) -> tuple[Written | None, Message]:
    """Write what a child answers to the open file `target` while it comes; return it, and how the child ended.

    The child sends parts at positions of their own, as whoever writes a file with a header does, then a message about
    all of it. It waits while a part is written. None: the answer broke off, or is none.
    Raises ServerGone, NoRoom; and Problem if the answer exceeds `max_bytes`.
    """
    child.connection.setblocking(False)
    written: Written | None = None
    try:
        async with asyncio.timeout(_overdue_s(limits)):
            written = await _write(child.connection, target, max_bytes)
    except (Hangup, TimeoutError, ConnectionError) as error:
        log.debug("a child's answer broke off", reason=str(error))  # how it ended says why
    return written, await _end(child, _overdue_s(limits))


def raise_refusal(refusal: Refusal) -> NoReturn:
    """Raise the Problem, or TransientError, that a child reports."""
    if refusal.error == "transient":
        raise TransientError(refusal.detail)
    kind = {"not_audio": NOT_AUDIO, "incomplete": TOO_EARLY}.get(refusal.error, UNDECODABLE)
    raise Problem(kind, refusal.detail)


def crashed(ended: Message, what: str, limits: Limits) -> Problem:
    """Return the problem of a file whose child did not answer as it should; `what`: `Reading the header`."""
    code = ended["exit"]
    if ended["late"]:
        return Problem(UNDECODABLE, f"{what} could not be done within {limits.wall_s:g} s")
    if code == -signal.SIGXCPU:
        return Problem(UNDECODABLE, f"{what} took more than {limits.cpu_s} s of a processor")
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Problem(UNDECODABLE, f"The decoder crashed: {what} failed ({how})")


def _overdue_s(limits: Limits) -> float | None:
    return None if limits.wall_s is None else limits.wall_s + OVERDUE_S


async def _end(child: Child, overdue_s: float | None) -> Message:
    """Return how a child ended, once it has. Raises ServerGone, NoRoom."""
    child.status.setblocking(False)
    try:
        async with asyncio.timeout(overdue_s):
            told = parse_messages(await _receive_all(child.status))
    except (TimeoutError, Hangup) as error:
        raise ServerGone("it does not tell what became of a child") from error
    if told and "failed" in told[-1]:
        raise NoRoom(f"no child could be forked: {told[-1]['failed']}")
    if not told or "exit" not in told[-1]:
        raise ServerGone("it ended while a child was at work")
    if told[-1]["exit"] == NOT_CAGED:
        raise ServerGone("it could not cage a child")
    return told[-1]


async def _receive_all(connection: socket.socket) -> bytes:
    loop, received = asyncio.get_running_loop(), b""
    while part := await loop.sock_recv(connection, 4096):
        received += part
    return received


async def _write(connection: socket.socket, target: int, max_bytes: int) -> Written:
    """Write the parts of an answer. Raises Hangup for what is no answer, Problem for one that is too large."""
    end, count, position = 0, 1, 0
    while count:
        position, count = _PART.unpack(await _exactly(connection, _PART.size))
        end = max(end, position + count)
        if count > MAX_PART_BYTES or end > max_bytes:
            raise Problem(UNDECODABLE, f"The answer of the decoder is larger than {max_bytes} bytes")
        if count:
            await _in_thread(_write_at, target, await _exactly(connection, count), position)
    length = await _exactly(connection, _LENGTH.size)
    if position != end or int.from_bytes(length, "little") > MAX_MESSAGE_BYTES:
        raise Hangup("the answer has another size than it says")
    (about,) = parse_messages(bytes(length + await _exactly(connection, int.from_bytes(length, "little"))))
    return Written(about, end)


async def _in_thread(call: Callable[..., None], *arguments: object) -> None:
    """Call it in a thread, to its end even if this is cancelled: then the caller closes the file that it writes."""
    calling = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
    try:
        await asyncio.shield(calling)
    finally:
        await asyncio.wait((calling,))


def _write_at(target: int, part: bytearray, position: int) -> None:
    """Write all of a part. Raises TransientError: a full disk is not the file's fault."""
    view = memoryview(part)
    try:
        while view:
            count = os.pwrite(target, view, position)
            view, position = view[count:], position + count
    except OSError as error:
        raise TransientError(f"what was made of the recording could not be written: {error.strerror}") from error


async def _exactly(connection: socket.socket, count: int) -> bytearray:
    loop, received = asyncio.get_running_loop(), bytearray(count)
    view = memoryview(received)
    while view:
        got = await loop.sock_recv_into(connection, view)
        if not got:
            raise Hangup("the connection was closed")
        view = view[got:]
    return received


def read_refusal(message: Message) -> Refusal | None:
    """Return the refusal that a message is; None: it is none."""
    try:
        return Refusal.model_validate(message)
    except ValidationError:
        return None
