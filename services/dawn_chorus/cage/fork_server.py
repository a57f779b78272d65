"""The server: one thread, no secrets, everything imported; it forks a caged child for each job that it is asked for.

It never reads an untrusted byte itself. A request is a message with the descriptors: the child's connection, the socket
on which the server tells when the child has ended, and the files that the child may read. The server ends when its own
connection is closed, so it never outlives whoever started it, and its children end with it.
"""

import gc
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from dawn_chorus.cage.enter import Layers, enter_cage, find_layers, refuse_new_privileges
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import CRASHED, NOT_CAGED, Hangup, Message, receive_descriptors, send_message

Job = Callable[[Message, socket.socket, list[int]], None]
"""What a child does with a request, its connection and the files: all in its own process, until it returns."""


SLOW_S, LESS_PRIORITY = 2.0, 10
"""A child with a time limit that takes longer gets so much less than the server: small files take milliseconds."""


@dataclass(slots=True)
class _Child:
    status: socket.socket
    """Whoever asked for the child closes the other side when it is not wanted any more."""
    deadline: float | None
    slow_at: float | None
    """When its priority is lowered."""
    is_late: bool = False


def serve_jobs(connection: socket.socket, jobs: Mapping[str, Job]) -> None:
    """Fork children until the connection is closed. Call it once all that jobs need is imported and warm."""
    for ignored in (signal.SIGINT, signal.SIGTERM):  # the end of the connection is the only reason to end
        signal.signal(ignored, signal.SIG_IGN)
    refuse_new_privileges()
    server = _ForkServer(connection, jobs, find_layers())
    gc.collect()
    gc.freeze()  # a collection in a child would copy the pages of everything that was imported
    server.run()


class _ForkServer:
    def __init__(self, connection: socket.socket, jobs: Mapping[str, Job], layers: Layers) -> None:
        self._connection, self._jobs, self._layers = connection, jobs, layers
        self._children: dict[int, _Child] = {}
        # Where the service itself runs with less priority, an absolute number would raise that of the child.
        self._slow_priority = os.getpriority(os.PRIO_PROCESS, 0) + LESS_PRIORITY
        self._poll = select.poll()
        self._woken, wake = socket.socketpair()
        for side in (self._woken, wake):
            side.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self._wake = wake
        self._poll.register(self._woken, select.POLLIN)
        self._poll.register(connection, select.POLLIN)

    def run(self) -> None:
        try:
            send_message(self._connection, {"ready": True, "missing": self._layers.missing})
        except ConnectionError:  # whoever started it has ended meanwhile
            return
        with suppress(Hangup):
            while True:
                self._wait()
                self._kill_late()
        # Nobody is to be woken any more: the sockets for that go before the last of the children do.
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def _wait(self) -> None:
        """Wait for a request, the end of a child, or that somebody loses interest in one."""
        times = [time for child in self._children.values() for time in (child.deadline, child.slow_at)]
        deadlines = [time for time in times if time is not None]
        wait_ms = max(0.0, min(deadlines) - time.monotonic()) * 1000 + 1 if deadlines else None
        ready = {descriptor for descriptor, _ in self._poll.poll(wait_ms)}
        # First those of children: reaping one closes its descriptor, and a new one may get the same number.
        for pid, child in self._children.items():
            if child.status.fileno() in ready:
                self._poll.unregister(child.status)
                os.kill(pid, signal.SIGKILL)
        if self._woken.fileno() in ready:
            self._woken.recv(4096)
            self._reap()
        if self._connection.fileno() in ready:
            self._fork(*receive_descriptors(self._connection))

    def _fork(self, request: Message, descriptors: list[int]) -> None:
        connection, status = (socket.socket(fileno=descriptor) for descriptor in descriptors[:2])
        limits, files, server = Limits(**request.pop("limits")), descriptors[2:], os.getpid()
        told: Message = {}
        try:
            pid = told["pid"] = os.fork()
        except OSError as error:
            pid = told["pid"] = -1
            told["failed"] = str(error)
        if pid == 0:
            self._run_job(request, limits, connection, files, server)
        connection.close()
        for descriptor in files:
            os.close(descriptor)
        with suppress(OSError):  # whoever asked may be gone: then the poll tells
            send_message(status, told)
        if pid < 0:
            status.close()
            return
        now = time.monotonic()
        times = (now + limits.wall_s, now + SLOW_S) if limits.wall_s is not None else (None, None)
        self._children[pid] = _Child(status, *times)
        self._poll.register(status, 0)

    def _run_job(
        self, request: Message, limits: Limits, connection: socket.socket, files: list[int], server: int
    ) -> None:
        """Do the job in this process, the child, and end it."""
        code = NOT_CAGED
        with suppress(BaseException):
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(1, 2)  # the output of codec libraries belongs into no log
            enter_cage(self._layers, limits, {0, 1, 2, connection.fileno(), *files}, server)
            code = CRASHED
            self._jobs[request["job"]](request, connection, files)
            code = 0
        os._exit(code)

    def _reap(self) -> None:
        while self._children:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self._children.pop(pid)
            with suppress(KeyError):
                self._poll.unregister(child.status)
            ended: Message = {"exit": os.waitstatus_to_exitcode(status), "late": child.is_late}
            ended |= {"cpu_s": used.ru_utime + used.ru_stime, "memory_bytes": used.ru_maxrss * 1024}
            with suppress(OSError):
                send_message(child.status, ended)
            child.status.close()

    def _kill_late(self) -> None:
        now = time.monotonic()
        for pid, child in self._children.items():
            if child.deadline is not None and now >= child.deadline:
                child.deadline, child.is_late = None, True
                os.kill(pid, signal.SIGKILL)
            if child.slow_at is not None and now >= child.slow_at:
                child.slow_at = None
                with suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, pid, self._slow_priority)
