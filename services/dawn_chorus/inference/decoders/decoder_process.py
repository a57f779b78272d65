"""One decoder of the pool: a caged child, the sockets to it, and why it ended."""

import os
import select
import signal
import socket
from contextlib import suppress
from pathlib import Path

from dawn_chorus.cage.messages import Hangup, receive_message
from dawn_chorus.cage.server_process import Child, ServerGone
from dawn_chorus.domain.errors import ChorusError, TransientError, UndecodableAudio
from dawn_chorus.domain.names import displayed

START_TIMEOUT_S = 60.0
LESS_PRIORITY = 5
"""So much less has a slow decoder (man 2 setpriority): a third of what others get where they compete."""
END_TIMEOUT_S = 5.0
"""Within this the server tells how a child ended."""


class DecoderProcess:
    """A caged child and the sockets to it."""

    def __init__(self, child: Child, timeout_s: float) -> None:
        self.path: Path | None = None
        """The file it has open."""
        self.pid = 0
        self.busy_since: float | None = None
        """Since when it has been at work, by the monotonic clock."""
        self.gave_way = False
        self.connection = child.connection
        self._child, self._timeout_s = child, timeout_s

    def wait_until_ready(self) -> None:
        """Wait until the server has forked the child, and it is in its cage. Raises ServerGone if that fails."""
        for side in (self._child.status, self.connection):
            side.settimeout(START_TIMEOUT_S)
        try:
            told = receive_message(self._child.status)
            if "failed" not in told:
                receive_message(self.connection)
        except (Hangup, OSError) as error:
            self.close()
            raise ServerGone("its server has ended, or could not cage it") from error
        if "failed" in told:
            self.close()
            raise ServerGone(f"it could not be forked: {told['failed']}")
        self.pid = told["pid"]
        self._child.status.settimeout(END_TIMEOUT_S)
        self.connection.settimeout(self._timeout_s)

    def is_dead(self) -> bool:
        poll = select.poll()  # whatever comes on this socket comes at the end
        poll.register(self._child.status, select.POLLIN)
        return bool(poll.poll(0))

    def kill(self) -> None:
        """Have the child killed; who waits for it on another thread finds its connection closed."""
        for side in (self._child.status, self.connection):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def give_way(self) -> None:
        """Lower its priority, for good."""
        if not self.gave_way:
            self.gave_way = True
            with suppress(OSError):
                now = os.getpriority(os.PRIO_PROCESS, self.pid)
                os.setpriority(os.PRIO_PROCESS, self.pid, now + LESS_PRIORITY)

    def close(self) -> None:
        self._child.close()

    def exit_reason(self, path: Path, error: Exception) -> ChorusError:
        """Return the error that explains why the child failed; kill it if it is still running."""
        name = displayed(path.name)
        if isinstance(error, TimeoutError):
            self.kill()
            return UndecodableAudio(f"the decoder took longer than {self._timeout_s:g} s over {name}")
        try:
            code: int = receive_message(self._child.status)["exit"]
        except TimeoutError:
            self.kill()
            return UndecodableAudio(f"the decoder sent no answer while it read {name}")
        except (Hangup, OSError, KeyError):
            return TransientError(f"the server of decoders ended while one of them read {name}")
        self._child.status.shutdown(socket.SHUT_RDWR)
        if code == -signal.SIGKILL:
            return TransientError(f"the decoder was killed while it read {name}: is there enough memory?")
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return UndecodableAudio(f"the decoder crashed ({how}) while it read {name}")
