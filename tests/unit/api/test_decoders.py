"""Headers are read in caged children; whatever becomes of one, the API answers and goes on."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest
from structlog.testing import capture_logs

from dawn_chorus.api.decoders.server import Decoders
from dawn_chorus.api.http.problems import NOT_AUDIO, UNDECODABLE, Problem
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.recording import AudioFacts
from tests.servers import caged_scripts
from tests.unit.inference.audio_files import real_sound, write_as

FACTS = 'answer(format="flac/pcm_16", duration_s=12.3456789, sample_rate_hz=48000, channels=2)'
ODD_CLOCK = (
    'answer(format="x", duration_s=1, sample_rate_hz=1, channels=1, notes={"latitude": None, "longitude": None, '
    '"recorder": {}, "clocks": [{"local": "2024-05-04", "offset_s": 1e300, "source": "", "writer": ""}]})'
)
Result = TypeVar("Result")


def with_decoders(
    use: Callable[[Decoders], Awaitable[Result]], timeout_s: float = 60, module: str = caged_scripts.MODULE
) -> Result:
    async def run() -> Result:
        with closing(Decoders(timeout_s, 4, module)) as decoders:
            return await use(decoders)

    with caged_scripts.scripts_on_path():
        return asyncio.run(run())


async def read(decoders: Decoders, path: Path) -> AudioFacts:
    file = os.open(path, os.O_RDONLY)
    try:
        return await decoders.read_header(file, path.name, "dawn.flac")
    finally:
        os.close(file)


def script_in(folder: Path, script: str) -> Path:
    path = folder / "0193.flac"
    path.write_text(script)
    return path


def read_with(folder: Path, script: str, timeout_s: float = 60) -> AudioFacts:
    return with_decoders(lambda decoders: read(decoders, script_in(folder, script)), timeout_s)


def refusal_with(folder: Path, script: str, timeout_s: float = 60) -> Problem:
    with pytest.raises(Problem) as caught:
        read_with(folder, script, timeout_s)
    return caught.value


def test_the_facts_that_the_child_answers_are_returned(tmp_path: Path) -> None:
    assert read_with(tmp_path, FACTS) == AudioFacts("flac/pcm_16", 12.345679, 48000, 2)


def test_a_real_header_is_read_and_the_file_is_open_once_for_all(audio_dir: Path, tmp_path: Path) -> None:
    kinds = ["pcm_16.wav", "pcm_16.flac", "vorbis.ogg", "opus.opus", "mp3.mp3", "aac.m4a"]
    paths = [write_as(kind, tmp_path, *real_sound(audio_dir)) for kind in kinds]

    async def read_all(decoders: Decoders) -> list[AudioFacts]:
        return list(await asyncio.gather(*(read(decoders, path) for path in paths)))

    formats = [facts.format for facts in with_decoders(read_all, module="dawn_chorus.inference.pictures")]
    assert formats == ["wav/pcm_16", "flac/pcm_16", "ogg/vorbis", "ogg/opus", "mp3", "mp4/aac"]


@pytest.mark.parametrize(("error", "kind"), [("not_audio", NOT_AUDIO), ("empty", UNDECODABLE), ("new", UNDECODABLE)])
def test_a_refusal_keeps_its_reason(tmp_path: Path, error: str, kind: object) -> None:
    problem = refusal_with(tmp_path, f'answer(error="{error}", detail="0193.flac is a zip archive")')
    assert (problem.kind, problem.detail) == (kind, "dawn.flac is a zip archive")


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("import ctypes; ctypes.string_at(0)", "signal 11"),
        ("os._exit(3)", "exit code 3"),
        ("raise ValueError", "exit code 70"),
        ("connection.sendall(b'no message')", "crashed"),
        ('answer(format="x", duration_s=0, sample_rate_hz=1, channels=1)', "crashed"),
        ("answer(facts=[1])", "crashed"),
        ("connection.sendall(b'[1]')", "crashed"),
        ("connection.sendall(bytes([3]) + bytes(7) + b'[1]')", "crashed"),
        ("connection.sendall((50_000).to_bytes(8, 'little') + b'[' * 50_000)", "crashed"),
        ('answer(format="x", duration_s=1, sample_rate_hz=1 << 40, channels=1)', "crashed"),
        ('answer(format="x", duration_s=1, sample_rate_hz=1, channels=1 << 31)', "crashed"),
        (ODD_CLOCK, "crashed"),
    ],
    ids=[
        "segfault",
        "exit",
        "error",
        "garbage",
        "no duration",
        "other facts",
        "cut off",
        "no object",
        "brackets",
        "rate",
        "channels",
        "clock",
    ],
)
def test_a_file_that_crashes_its_child_is_undecodable(tmp_path: Path, script: str, detail: str) -> None:
    problem = refusal_with(tmp_path, script)
    assert problem.kind is UNDECODABLE
    assert detail in problem.detail


@pytest.mark.parametrize(
    "script",
    ["time.sleep(600)", "while True: pass", "connection.sendall(bytes(1 << 24))"],
    ids=["sleeps", "computes", "sends without end"],
)
def test_a_child_that_does_not_end_is_killed(tmp_path: Path, script: str) -> None:
    problem = refusal_with(tmp_path, script, timeout_s=1)
    assert problem.kind is UNDECODABLE
    assert "within 1 s" in problem.detail


def test_other_headers_are_read_beside_one_that_does_not_end(tmp_path: Path) -> None:
    async def beside(decoders: Decoders) -> AudioFacts:
        busy = script_in(tmp_path, "while True: pass")
        slow = asyncio.create_task(read(decoders, busy))
        await asyncio.sleep(0)
        quick = tmp_path / "quick.flac"
        quick.write_text(FACTS)
        facts = await read(decoders, quick)
        assert not slow.done()
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        return facts

    assert with_decoders(beside).channels == 2


def test_a_child_ends_when_nobody_waits_for_it(tmp_path: Path) -> None:
    async def give_up(decoders: Decoders) -> int:
        waiting = asyncio.create_task(read(decoders, script_in(tmp_path, "time.sleep(600)")))
        await decoders.start()
        assert decoders._server
        children: list[str] = []
        while not children:
            await asyncio.sleep(0.01)
            children = children_of(decoders._server.pid)
        waiting.cancel()
        while children_of(decoders._server.pid):  # noqa: ASYNC110 - the kernel tells no event
            await asyncio.sleep(0.01)
        return len(children)

    assert with_decoders(give_up) == 1


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_a_server_that_died_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    async def twice(decoders: Decoders) -> list[AudioFacts]:
        first = await read(decoders, script_in(tmp_path, FACTS))
        assert decoders._server
        os.kill(decoders._server.pid, signal.SIGKILL)
        return [first, await read(decoders, script_in(tmp_path, FACTS))]

    with capture_logs() as logs:
        first, second = with_decoders(twice)
    assert first == second
    assert [entry["event"] for entry in logs] == ["the server of decoders is gone, another is started"]


def test_a_file_is_read_again_if_the_server_dies_meanwhile_and_only_once_more(tmp_path: Path) -> None:
    async def kill_it_each_time(decoders: Decoders) -> set[int]:
        waiting = asyncio.create_task(read(decoders, script_in(tmp_path, "time.sleep(600)")))
        killed: set[int] = set()
        while not waiting.done():
            server = decoders._server
            if server and server.is_running() and children_of(server.pid):
                killed.add(server.pid)
                os.kill(server.pid, signal.SIGKILL)
            await asyncio.sleep(0.01)
        with pytest.raises(TransientError, match="send the request again"):
            await waiting
        return killed

    assert len(with_decoders(kill_it_each_time)) == 2


def test_a_server_that_does_not_start_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="did not start: exit code 1"):
        with_decoders(lambda decoders: read(decoders, script_in(tmp_path, FACTS)), module="dawn_chorus.nothing")


def test_the_event_loop_goes_on_while_the_server_starts() -> None:
    async def count(decoders: Decoders) -> int:
        starting, turns = asyncio.create_task(decoders.start()), 0
        while not starting.done():
            await asyncio.sleep(0.001)
            turns += 1
        await starting
        return turns

    assert with_decoders(count) > 10


def test_children_of_many_requests_are_as_many_as_there_are_places(tmp_path: Path) -> None:
    async def many(decoders: Decoders) -> int:
        await decoders.start()
        assert decoders._server
        path, most = script_in(tmp_path, "time.sleep(0.2);" + FACTS), 0
        waiting = asyncio.gather(*(read(decoders, path) for _ in range(12)))
        while not waiting.done():
            most = max(most, len(children_of(decoders._server.pid)))
            await asyncio.sleep(0.005)
        await waiting
        return most

    assert with_decoders(many) == 4


def test_what_the_machine_lacks_is_not_put_down_to_the_file(tmp_path: Path) -> None:
    script = 'answer(error="transient", detail="the file could not be read: Too many open files")'
    with pytest.raises(TransientError, match="Too many open files"):
        read_with(tmp_path, script)
