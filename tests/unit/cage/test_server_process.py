"""The server of caged children goes on whatever becomes of a child, and ends quietly with whoever started it."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Thread

import pytest

from dawn_chorus.cage.fork_server import LESS_PRIORITY
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import receive_message
from dawn_chorus.cage.server_process import Child, ServerProcess, server_environment
from tests.servers import caged_scripts

LIMITS = Limits(256 << 20, wall_s=60)


@pytest.fixture(scope="module", autouse=True)
def scripts_on_path() -> Iterator[None]:
    with caged_scripts.scripts_on_path():
        yield


def fork(server: ServerProcess, script: str, folder: Path) -> tuple[Child, int]:
    """Return a child that runs the script, and its process id."""
    with NamedTemporaryFile(dir=folder) as file:  # of its own: a child may read it later than the next one is written
        file.write(script.encode())
        file.flush()
        child = server.fork("script", {}, LIMITS, [file.fileno()])
    pid: int = receive_message(child.status)["pid"]
    return child, pid


def wait_until_state(state: str, pid: int) -> None:
    """Wait until the kernel says so of the process: T is stopped, Z is ended and not yet waited for."""
    while f"State:\t{state}" not in Path(f"/proc/{pid}/status").read_text():
        time.sleep(0.01)


def test_children_that_end_just_when_they_are_given_up_take_nobody_along(tmp_path: Path) -> None:
    with ServerProcess(caged_scripts.MODULE) as server:
        server.wait_until_ready()
        children = [fork(server, "connection.recv(1)", tmp_path) for _ in range(3)]
        os.kill(server.pid, signal.SIGSTOP)  # so that it learns both at once, as on a busy machine
        wait_until_state("T", server.pid)  # the signal is there at once, its effect not
        for child, pid in children:
            child.close()
            wait_until_state("Z", pid)
        os.kill(server.pid, signal.SIGCONT)
        with closing(fork(server, "answer(number=1)", tmp_path)[0]) as child:
            assert receive_message(child.connection) == {"number": 1}
            ended = receive_message(child.status)
            assert (ended["exit"], ended["late"]) == (0, False)


def test_a_child_that_takes_long_has_less_priority_than_the_service_though_that_has_little(tmp_path: Path) -> None:
    servers: list[ServerProcess] = []

    def start() -> None:
        os.nice(3)  # on Linux that of this thread only, and of what it starts
        servers.append(ServerProcess(caged_scripts.MODULE))

    thread = Thread(target=start)
    thread.start()
    thread.join()
    with servers[0] as server:
        server.wait_until_ready()
        now = os.getpriority(os.PRIO_PROCESS, server.pid)
        child, pid = fork(server, "while True: pass", tmp_path)
        with closing(child):
            assert os.getpriority(os.PRIO_PROCESS, pid) == now
            while os.getpriority(os.PRIO_PROCESS, pid) == now:
                time.sleep(0.05)
            assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, now + LESS_PRIORITY)


def test_a_server_whose_service_ended_while_it_warmed_up_ends_without_a_word() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-P", "-m", caged_scripts.MODULE, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stderr=subprocess.PIPE,
            env=server_environment(),
        )
    ours.close()
    assert (server.communicate()[1], server.returncode) == (b"", 0)


@pytest.mark.parametrize("_", range(5))
def test_a_server_with_children_at_work_ends_without_a_word_when_its_service_does(_: int, tmp_path: Path) -> None:
    (tmp_path / "script").write_text("connection.recv(1)")
    service = (
        "import os, sys\n"
        "from dawn_chorus.cage.limits import Limits\n"
        "from dawn_chorus.cage.messages import receive_message\n"
        "from dawn_chorus.cage.server_process import ServerProcess\n"
        f"server = ServerProcess({caged_scripts.MODULE!r})\n"
        "server.wait_until_ready()\n"
        "script = open(sys.argv[1], 'rb')\n"
        "children = [server.fork('script', {}, Limits(256 << 20), [script.fileno()]) for _ in range(8)]\n"
        "for child in children: receive_message(child.status)\n"
        "os._exit(0)\n"
    )
    # All of them hold the pipe: it is read to its end when the last has ended.
    ended = subprocess.run(
        [sys.executable, "-P", "-c", service, str(tmp_path / "script")], stderr=subprocess.PIPE, check=True
    )
    assert ended.stderr == b""


@pytest.mark.parametrize(("folders", "passed"), [("", ""), (":/lib/a", "/lib/a"), ("/lib/a:", "/lib/a"), ("::", "")])
def test_the_current_folder_is_no_place_for_modules(monkeypatch: pytest.MonkeyPatch, folders: str, passed: str) -> None:
    monkeypatch.setenv("PYTHONPATH", folders)
    assert server_environment()["PYTHONPATH"] == passed


def test_limits_that_the_service_was_started_with_are_not_raised(tmp_path: Path) -> None:
    script = "answer(cpu=resource.getrlimit(resource.RLIMIT_CPU), files=resource.getrlimit(resource.RLIMIT_NOFILE))"
    path = tmp_path / "script"
    path.write_text(script)
    with ServerProcess("tests.servers.caged_without_seccomp") as server, path.open("rb") as file:
        server.wait_until_ready()
        resource.prlimit(server.pid, resource.RLIMIT_CPU, (30, 30))
        with closing(server.fork("script", {}, Limits(256 << 20, cpu_s=60), [file.fileno()])) as child:
            assert receive_message(child.connection) == {"cpu": [30, 30], "files": [0, 0]}
