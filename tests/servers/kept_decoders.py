"""Servers of decoders that one API of a test process leaves to the next: to start one takes most of a second."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from unittest.mock import patch

import psutil

from dawn_chorus.api.decoders import server as api_side
from dawn_chorus.cage.server_process import ServerProcess

_idle: list["_Kept"] = []
"""They end with this process."""


class _Kept(ServerProcess):
    """A server that is left to the next when its API ends in order, if no child is at work."""

    is_left = False
    _is_ready = False

    def wait_until_ready(self) -> None:
        if not self._is_ready:
            super().wait_until_ready()
            self._is_ready = True

    def stop(self) -> None:
        if self.is_left and self._is_ready and self.is_running() and not psutil.Process(self.pid).children():
            self.is_left = False
            _idle.append(self)
        else:
            super().stop()


@contextmanager
def keep_decoders() -> Iterator[Callable[[], None]]:
    """Have an API that is started meanwhile take a server that was left; yield what it calls before it ends in order.

    A server that the API gives up before that ends, and those of other modules are its own.
    """
    taken: list[_Kept] = []

    def take(module: str) -> ServerProcess:
        if module != api_side.SERVER_MODULE:
            return ServerProcess(module)
        taken.append(_take_idle() or _Kept(module))
        return taken[-1]

    def leave() -> None:
        for server in taken:
            server.is_left = True

    with patch.object(api_side, "ServerProcess", take):
        yield leave


def _take_idle() -> _Kept | None:
    with suppress(IndexError):  # none is left
        while True:
            server = _idle.pop()
            if server.is_running():
                return server
            server.stop()
    return None
