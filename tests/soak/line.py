"""A line between a service and a server, which can be cut, slow, frozen or away; it knows nothing of what passes."""

import asyncio
import struct
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET
from threading import Thread

_PIECE = 64 << 10


class Line:
    """Forwards TCP connections to a port of this machine; its own port stays the same."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.delay_s = 0.0
        """How long each piece of a connection is held."""
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_shut = False
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._thread = Thread(target=self._loop.run_forever, name="line", daemon=True)

    def open(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)

    def cut(self) -> None:
        """Break all connections by a reset; new ones are taken."""
        self._loop.call_soon_threadsafe(self._break_all)

    def shut(self) -> None:
        """Break all connections, and each new one at once."""
        self._is_shut = True
        self.cut()

    def freeze(self) -> None:
        """Let nothing pass, and keep the connections: what a dead router does."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def mend(self) -> None:
        """Be a good line again."""
        self._is_shut, self.delay_s = False, 0.0
        self._loop.call_soon_threadsafe(self._flows.set)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _listen(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        self._break_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _break_all(self) -> None:
        for writer in list(self._writers):
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        writers = {writer}
        try:
            if self._is_shut:
                return
            service_reader, service_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
            writers.add(service_writer)
            self._writers |= writers
            await asyncio.gather(self._pump(reader, service_writer), self._pump(service_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass  # a broken line says nothing; both ends are reset below
        finally:
            self._tasks.discard(task)
            self._writers -= writers
            for each in writers:
                _reset(each)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            await self._flows.wait()
            writer.write(piece)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
