"""The server of decoders and its children, as the API sees them."""

import asyncio
import os
import socket
from contextlib import closing
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.http.problems import NOT_AUDIO, UNDECODABLE, Problem
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import NOT_CAGED, Hangup, Message, parse_messages
from dawn_chorus.cage.server_process import Child, ServerGone, ServerProcess
from dawn_chorus.domain.clock.readings import RecorderNotes, read_notes_json
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.recording import AudioFacts, round_s

log = get_logger(__name__)
SERVER_MODULE = "dawn_chorus.inference.pictures"
"""Started as a process: the API imports nothing of it."""
MEMORY_BYTES = 256 << 20
CPU_S = 60
MAX_ANSWER_BYTES = 1 << 20
OVERDUE_S = 5.0
"""How much later than the time limit the server may tell that a child has ended."""


def _read_notes(value: Any) -> Any:
    try:
        return None if value is None else read_notes_json(value)
    except (KeyError, TypeError) as error:
        raise ValueError("no notes of a recorder") from error


class _Facts(BaseModel):
    format: str
    duration_s: float = Field(gt=0, allow_inf_nan=False)
    sample_rate_hz: int = Field(gt=0, lt=2**31)
    channels: int = Field(gt=0, lt=2**31)
    notes: Annotated[RecorderNotes | None, BeforeValidator(_read_notes)] = None


class _Refusal(BaseModel):
    error: str
    detail: str


_ANSWER: TypeAdapter[_Facts | _Refusal] = TypeAdapter(_Facts | _Refusal)


class Decoders:
    """The server and its children, one for each job. One for each process of the API, used from one event loop."""

    def __init__(self, header_timeout_s: float, at_once: int, module: str = SERVER_MODULE) -> None:
        """Set how long reading one header may take, and how many children run at once; start nothing."""
        self._timeout_s, self._module = header_timeout_s, module
        self._header_limits = Limits(MEMORY_BYTES, wall_s=header_timeout_s, cpu_s=CPU_S)
        self._places = asyncio.Semaphore(at_once)
        self._starting = asyncio.Lock()
        self._server: ServerProcess | None = None

    async def start(self) -> None:
        """Start the server, so that the first upload need not wait for it. Raises TransientError."""
        await self._running()

    def close(self) -> None:
        """End the server and its children."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    async def read_header(self, file: int, stored_name: str, filename: str) -> AudioFacts:
        """Return the facts in the header of an open file; raises Problem if it is not audio, broken or empty.

        The detail names the file `filename`. If the child crashes or times out the file counts as broken, as the cause.
        Raises TransientError if headers cannot be read now.
        """
        facts = os.fstat(file)
        request = {"name": stored_name, "size": facts.st_size, "version": (facts.st_ino, facts.st_mtime_ns)}
        answer, ended = await self.run("header", request, self._header_limits, file)
        try:
            return _facts(answer, ended, self._timeout_s)
        except Problem as problem:
            raise Problem(problem.kind, problem.detail.replace(stored_name, filename)) from problem

    async def run(self, job: str, request: Message, limits: Limits, file: int) -> tuple[bytes, Message]:
        """Return what a child answered, and how it ended. Raises TransientError."""
        async with self._places:
            for _ in range(2):
                server = await self._running()
                try:
                    with closing(server.fork(job, request, limits, [file])) as child:
                        return await _result(child, limits)
                except ServerGone as gone:  # a file can end its own child only
                    log.warning("the server of decoders is gone, another is started", reason=str(gone))
                    self._forget(server)
        raise TransientError("the recording could not be read now: send it again")

    async def _running(self) -> ServerProcess:
        async with self._starting:
            if self._server is None or not self._server.is_running():
                self._server = await asyncio.to_thread(_start_server, self._module)
            return self._server

    def _forget(self, server: ServerProcess) -> None:
        if self._server is server:
            self.close()


async def _result(child: Child, limits: Limits) -> tuple[bytes, Message]:
    """Return what a child answered, and how it ended, once it has. Raises ServerGone."""
    child.status.setblocking(False)
    overdue_s = None if limits.wall_s is None else limits.wall_s + OVERDUE_S
    try:
        async with asyncio.timeout(overdue_s):
            told = parse_messages(await _receive_all(child.status))
    except (TimeoutError, Hangup) as error:
        raise ServerGone("it does not tell what became of a child") from error
    if not told or "exit" not in told[-1]:
        raise ServerGone("it ended while a child was at work")
    if told[-1]["exit"] == NOT_CAGED:
        raise ServerGone("it could not cage a child")
    return _received(child), told[-1]


def _start_server(module: str) -> ServerProcess:
    server = ServerProcess(module)
    try:
        server.wait_until_ready()
    except ServerGone as error:
        raise TransientError(f"the server of decoders: {error}") from error
    if server.missing:
        log.warning("decoders are held with less than they could be on other systems", missing=server.missing)
    return server


async def _receive_all(connection: socket.socket) -> bytes:
    loop, received = asyncio.get_running_loop(), b""
    while part := await loop.sock_recv(connection, 4096):
        received += part
    return received


def _received(child: Child) -> bytes:
    """Return what an ended child sent: it lies in the socket."""
    child.connection.setblocking(False)
    received = b""
    while len(received) < MAX_ANSWER_BYTES and (part := child.connection.recv(1 << 16)):
        received += part
    return received


def _facts(received: bytes, ended: Message, timeout_s: float) -> AudioFacts:
    if ended["late"]:
        raise Problem(UNDECODABLE, f"The header could not be read within {timeout_s:g} s")
    try:
        answer = _ANSWER.validate_python(parse_messages(received)[-1])
    except (ValidationError, Hangup, IndexError) as error:
        code = ended["exit"]
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise Problem(UNDECODABLE, f"The decoder crashed while it read the header ({how})") from error
    if isinstance(answer, _Refusal):
        if answer.error == "transient":
            raise TransientError(answer.detail)
        raise Problem(NOT_AUDIO if answer.error == "not_audio" else UNDECODABLE, answer.detail)
    return AudioFacts(answer.format, round_s(answer.duration_s), answer.sample_rate_hz, answer.channels, answer.notes)
