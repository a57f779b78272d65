"""Real attempts, inside a cage, at what a hostile file would try."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dawn_chorus.cage.landlock import landlock_version
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Hangup, receive_message
from dawn_chorus.cage.server_process import ServerProcess
from tests.servers.caged_scripts import scripts_on_path

ONE_FILE = Limits(256 << 20, wall_s=60)
"""As for a header."""
MORE_FILES = Limits(256 << 20, wall_s=60, descriptors=2)
"""As for a decoder of the worker."""
TRY = """
import errno
try:
    {attempt}
    answer(done="{{}}".format(locals().get("result")))
except OSError as error:
    answer(refused=errno.errorcode[error.errno])
except (RuntimeError, MemoryError, ValueError) as error:
    answer(refused=type(error).__name__)
"""
WRITTEN = Path("/tmp/chorus-was-here")  # noqa: S108 - nothing is written there
PARENT, WORLD = "os.getppid()", "('127.0.0.1', {port})"
FILES = {
    "open a file": "open('/etc/passwd').read()",
    "open a device": "open('/dev/zero', 'rb').read(1)",
    "list a folder": "result = os.listdir('/')",
    "read its own memory's map": "open('/proc/self/maps').read()",
    "read its parent's environment": f"result = open(f'/proc/{{{PARENT}}}/environ').read()",
    "read its parent's memory": f"open(f'/proc/{{{PARENT}}}/mem', 'rb')",
    "open its own file anew": "os.open(f'/proc/self/fd/{files[0]}', os.O_RDWR)",
    "write a file": "open('/tmp/chorus-was-here', 'w').write('x')",
    "make a folder": "os.mkdir('/tmp/chorus-was-here')",
    "link a file": "os.symlink('/etc/passwd', '/tmp/chorus-was-here')",
    "remove a file": "os.unlink({victim!r})",
    "rename a file": "os.rename({victim!r}, '/tmp/chorus-was-here')",
    "cut a file": "os.truncate({victim!r}, 0)",
    "execute a program": "os.execv('/bin/true', ['true'])",
    "start a program": "subprocess.run(['/bin/true'])",
}
NETWORK = {
    "connect": f"socket.socket().connect({WORLD})",
    "listen": "socket.socket().bind(('127.0.0.1', 0))",
}
LOOKED_UP = {
    "look up a path": "result = os.stat('/etc/passwd').st_size",
    "ask whether it is there": "os.lstat('/root')",
}
PROCESSES = {
    "fork": "pid = os.fork()\n    if not pid: os._exit(0)",
    "start a thread": "threading.Thread(target=time.sleep, args=(0,)).start()",
    "send a datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "speak to a local socket": "socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
    "make a file in memory": "os.memfd_create('x')",
    "make a pipe": "os.pipe()",
    "change a file's mode": "os.chmod({victim!r}, 0o777)",
    "raise its limits": "resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))",
    "take more memory": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "change its priority": "os.nice(-5)",
    "become somebody else": "os.setuid(65534)",
    "leave its session": "os.setsid()",
    "change its folder": "os.chdir('/')",
    "ask for what it was not given": "os.uname()",
}
SIGNALS = {
    "signal its parent": f"os.kill({PARENT}, 0)",
    "stop its parent": f"os.kill({PARENT}, signal.SIGSTOP)",
}


@pytest.fixture(scope="module", params=["all", "without_landlock", "without_seccomp"])
def cage(request: pytest.FixtureRequest) -> Iterator[tuple[ServerProcess, str]]:
    module = "tests.servers.caged_" + {"all": "scripts"}.get(request.param, request.param)
    with scripts_on_path(), ServerProcess(module) as server:
        server.wait_until_ready()
        yield server, request.param


def run(server: ServerProcess, script: str, folder: Path, limits: Limits = ONE_FILE) -> dict[str, Any]:
    """Return what a script in the cage answers, and how it ended."""
    path = folder / "script"
    path.write_text(script)
    file = os.open(path, os.O_RDONLY)
    with closing(server.fork("script", {}, limits, [file])) as child:
        os.close(file)
        try:
            answer = receive_message(child.connection)
        except Hangup:
            answer = {}
        receive_message(child.status)
        return answer | receive_message(child.status)


@pytest.mark.parametrize("limits", [ONE_FILE, MORE_FILES], ids=["one file", "more files"])
@pytest.mark.parametrize("name", [*FILES, *NETWORK, *LOOKED_UP, *PROCESSES, *SIGNALS])
def test_an_attempt_is_refused(cage: tuple[ServerProcess, str], tmp_path: Path, name: str, limits: Limits) -> None:
    server, layers = cage
    if layers == "without_seccomp" and (name in LOOKED_UP or name in PROCESSES):
        pytest.skip("only seccomp refuses it")
    if layers == "without_seccomp" and name in SIGNALS and landlock_version() < 6:
        pytest.skip("this kernel's Landlock knows no signals")
    if layers == "without_landlock" and not server.missing and landlock_version() == 0:
        pytest.skip("this kernel has no Landlock: the same as with all")
    victim = tmp_path / "victim"
    victim.write_text("still here")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        attempt = (FILES | NETWORK | LOOKED_UP | PROCESSES | SIGNALS)[name]
        attempt = attempt.replace("{victim!r}", repr(str(victim))).replace("{port}", str(listener.getsockname()[1]))
        result = run(server, TRY.format(attempt=attempt), tmp_path, limits)
    assert "refused" in result, result
    assert result["exit"] == 0
    assert victim.read_text() == "still here"
    assert not WRITTEN.exists()


@pytest.mark.parametrize(
    "call",
    [
        ("ptrace", 101, 117),
        ("process_vm_readv", 310, 270),
        ("io_uring_setup", 425, 425),
        ("bpf", 321, 280),
        ("userfaultfd", 323, 282),
        ("unshare", 272, 97),
        ("mount", 165, 40),
        ("keyctl", 250, 219),
        ("perf_event_open", 298, 241),
        ("clone3", 435, 435),
        ("openat2", 437, 437),
        ("pidfd_open", 434, 434),
        ("execveat", 322, 281),
        ("name_to_handle_at", 303, 264),
        ("open_by_handle_at", 304, 265),
        ("prctl", 157, 167),
        ("seccomp", 317, 277),
        ("ioctl", 16, 29),
        ("fcntl", 72, 25),
        ("fanotify_init", 300, 262),
        ("add_key", 248, 217),
        ("setns", 308, 268),
        ("tgkill", 234, 131),
    ],
    ids=lambda call: call[0],
)
def test_a_system_call_by_its_number_is_refused(
    cage: tuple[ServerProcess, str], tmp_path: Path, call: tuple[str, int, int]
) -> None:
    server, layers = cage
    if layers == "without_seccomp":
        pytest.skip("only seccomp refuses it")
    number = call[1 + (os.uname().machine == "aarch64")]
    script = (
        "import ctypes, errno\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"got = libc.syscall({number}, 0, 0, 0, 0, 0, 0)\n"
        "answer(got=got, why=errno.errorcode.get(ctypes.get_errno()))"
    )
    result = run(server, script.replace("import ctypes, errno", "import errno"), tmp_path)
    assert (result["got"], result["why"]) == (-1, "EPERM")


def test_system_calls_of_the_other_set_of_numbers_are_refused(cage: tuple[ServerProcess, str], tmp_path: Path) -> None:
    server, layers = cage
    if layers == "without_seccomp" or os.uname().machine != "x86_64":
        pytest.skip("only seccomp refuses it, and only x86-64 has two sets")
    script = "libc = ctypes.CDLL(None, use_errno=True)\nanswer(got=libc.syscall(0x40000000 + 39))"
    assert run(server, script, tmp_path)["got"] == -1


def test_what_a_decoder_needs_is_left_to_it(cage: tuple[ServerProcess, str], tmp_path: Path) -> None:
    script = "answer(read=os.pread(files[0], 6, 0).decode(), time=time.time(), sum=sum(bytearray(1 << 24)))"
    result = run(cage[0], script, tmp_path)
    assert (result["read"], result["sum"], result["exit"]) == ("answer", 0, 0)


def test_nothing_is_open_but_the_connection_the_file_and_nowhere(
    cage: tuple[ServerProcess, str], tmp_path: Path
) -> None:
    script = """
found = []
for number in range(1024):
    try:
        os.lseek(number, 0, os.SEEK_CUR)
        found.append(number)
    except OSError as error:
        if error.errno != 9:
            found.append(number)
answer(found=found, expected=sorted([0, 1, 2, connection.fileno(), *files]), read=os.read(0, 10).decode())
os.write(1, b'to nowhere')
os.write(2, b'to nowhere')
"""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        result = run(cage[0], script, tmp_path)
    assert result["found"] == result["expected"]
    assert result["read"] == ""


def test_memory_beyond_the_limit_is_refused(cage: tuple[ServerProcess, str], tmp_path: Path) -> None:
    assert run(cage[0], TRY.format(attempt="bytearray(300 << 20)"), tmp_path)["refused"] == "MemoryError"


def test_a_file_handed_in_cannot_be_written(cage: tuple[ServerProcess, str], tmp_path: Path) -> None:
    assert run(cage[0], TRY.format(attempt="os.write(files[0], b'x')"), tmp_path)["refused"] in ("EBADF", "EPERM")


def test_a_child_that_computes_too_long_is_ended_by_the_kernel(cage: tuple[ServerProcess, str], tmp_path: Path) -> None:
    limits = Limits(256 << 20, wall_s=60, cpu_s=1)
    assert run(cage[0], "while True: pass", tmp_path, limits)["exit"] == -24


def test_a_child_that_takes_too_long_is_killed(cage: tuple[ServerProcess, str], tmp_path: Path) -> None:
    limits = Limits(256 << 20, wall_s=0.2)
    ended = run(cage[0], "time.sleep(600)", tmp_path, limits)
    assert (ended["exit"], ended["late"]) == (-9, True)


def test_what_a_child_used_is_told(cage: tuple[ServerProcess, str], tmp_path: Path) -> None:
    ended = run(cage[0], "while time.process_time() < 0.2: held = b'x' * (64 << 20)", tmp_path)
    assert 0.2 <= ended["cpu_s"] < 5
    assert ended["memory_bytes"] > 64 << 20


@pytest.mark.parametrize("script", ["os.abort()", "ctypes.string_at(0)"])
def test_a_child_that_aborts_ends_by_a_signal(cage: tuple[ServerProcess, str], tmp_path: Path, script: str) -> None:
    assert run(cage[0], script, tmp_path)["exit"] < 0


def test_the_server_has_one_thread_and_no_secret_and_one_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CHORUS_DATABASE_URL", "CHORUS_SECRETS_DIR", "AWS_SECRET_ACCESS_KEY", "HOME", "PATH"):
        monkeypatch.setenv(name, "secret")
    with scripts_on_path(), socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        with ServerProcess("tests.servers.caged_scripts") as server:
            server.wait_until_ready()
            process = Path(f"/proc/{server.pid}")
            assert b"secret" not in (process / "environ").read_bytes()
            assert len(list((process / "task").iterdir())) == 1
            assert "NoNewPrivs:\t1" in (process / "status").read_text()
            assert (process / "cwd").readlink() == Path("/")
            inherited = [str(entry.readlink()) for entry in (process / "fd").iterdir() if int(entry.name) > 2]
            # Its connection, and the two with which it wakes itself.
            assert len(inherited) == 3
            assert all(target.startswith("socket:") for target in inherited)


def test_children_of_many_threads_each_answer_their_own(tmp_path: Path) -> None:
    answers: dict[int, Any] = {}
    with scripts_on_path(), ServerProcess("tests.servers.caged_scripts") as server:
        server.wait_until_ready()

        def ask(number: int) -> None:
            folder = tmp_path / str(number)
            folder.mkdir()
            answers[number] = run(server, f"time.sleep(0.05); answer(number={number})", folder)["number"]

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {number: number for number in range(20)}
