"""Servers of decoders that one API of a test process leaves to the next: to start one takes most of a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import psutil

from dawn_chorus.api.decoders import server as api_side
from dawn_chorus.cage.server_process import ServerProcess

_idle: list["_Kept"] = []
"""They end with this process."""


class _Kept(ServerProcess):
    """A server that is left to the next when it is stopped, if no child is at work and it is well."""

    _is_ready = False

    def wait_until_ready(self) -> None:
        if not self._is_ready:
            super().wait_until_ready()
            self._is_ready = True

    def stop(self) -> None:
        if self._is_ready and self.is_running() and not psutil.Process(self.pid).children():
            _idle.append(self)
        else:
            super().stop()


@contextmanager
def keep_decoders() -> Iterator[None]:
    """Have the APIs that are started meanwhile take and leave servers; those of other modules are their own."""
    with patch.object(api_side, "ServerProcess", _take):
        yield


def _take(module: str) -> ServerProcess:
    if module != api_side.SERVER_MODULE:
        return ServerProcess(module)
    while _idle:
        server = _idle.pop()
        if server.is_running():
            return server
    return _Kept(module)
