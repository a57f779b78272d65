"""The server of decoders and its children, as the API sees them."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import TypeVar

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.decoders.child import short_answer
from dawn_chorus.api.decoders.header import read_early_facts, read_facts
from dawn_chorus.api.http.problems import Problem
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Message
from dawn_chorus.cage.server_process import Child, NoRoom, ServerGone, ServerProcess
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.recording import AudioFacts, EarlyFacts

log = get_logger(__name__)
SERVER_MODULE = "dawn_chorus.inference.pictures"
"""Started as a process: the API imports nothing of it."""
MEMORY_BYTES = 256 << 20
CPU_S = 60
_T = TypeVar("_T")


class Decoders:
    """The server and its children, one for each job. One for each process of the API, used from one event loop."""

    def __init__(self, header_timeout_s: float, at_once: int, module: str = SERVER_MODULE) -> None:
        """Set how long reading one header may take, and how many children run at once; start nothing."""
        self._module = module
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
        return await self.read_lent_header(file, request, filename)

    async def read_lent_header(self, file: int, request: Message, filename: str) -> AudioFacts:
        """Return as `read_header` does the facts of a file that a request lends by ranges, too."""
        answer, ended = await self.run("header", request, self._header_limits, file)
        try:
            return read_facts(answer, ended, self._header_limits)
        except Problem as problem:
            raise Problem(problem.kind, problem.detail.replace(request["name"], filename)) from problem

    async def read_beginning(self, file: int, filename: str, whole_bytes: int) -> EarlyFacts:
        """Return what an open file, the beginning of one of `whole_bytes`, says of it.

        Raises Problem as `read_header` does, and a 409 if more bytes are needed; TransientError.
        """
        facts = os.fstat(file)
        version = (facts.st_ino, facts.st_mtime_ns)
        request = {"name": filename, "size": facts.st_size, "version": version, "whole_size": whole_bytes}
        answer, ended = await self.run("beginning", request, self._header_limits, file)
        return read_early_facts(answer, ended, self._header_limits)

    async def run(self, job: str, request: Message, limits: Limits, file: int) -> tuple[bytes, Message]:
        """Return what a child answered, and how it ended. Raises TransientError.

        For headers, whose places it takes; pictures have their own (`Pictures`).
        """
        async with self._places:
            return await self.ask(job, request, limits, file, lambda child: short_answer(child, limits))

    async def ask(
        self, job: str, request: Message, limits: Limits, file: int, listen: Callable[[Child], Awaitable[_T]]
    ) -> _T:
        """Return what `listen` makes of a child, of a second one if the server dies meanwhile. Raises TransientError.

        The child ends when `listen` does, by an error or a cancellation too.
        """
        for _ in range(2):
            server = await self._running()
            try:
                with closing(server.fork(job, request, limits, [file])) as child:
                    return await listen(child)
            except NoRoom as error:
                raise TransientError(f"the recording could not be read now: {error}") from error
            except ServerGone as gone:  # a file can end its own child only
                log.warning("the server of decoders is gone, another is started", reason=str(gone))
                self._forget(server)
        raise TransientError("the recording could not be read now: send the request again")

    async def _running(self) -> ServerProcess:
        async with self._starting:
            if self._server is not None and not self._server.is_running():
                log.warning("the server of decoders is gone, another is started", reason="it ended between two jobs")
                self._forget(self._server)
            if self._server is None:
                self._server = await asyncio.to_thread(_start_server, self._module)
            return self._server

    def _forget(self, server: ServerProcess) -> None:
        if self._server is server:
            self.close()


def _start_server(module: str) -> ServerProcess:
    try:
        server = ServerProcess(module)
        server.wait_until_ready()
    except ServerGone as error:
        raise TransientError(f"the server of decoders: {error}") from error
    if server.missing:
        log.warning("decoders are held with less than they could be on other systems", missing=server.missing)
    return server
