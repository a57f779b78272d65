"""Children that make pictures and clips: whatever they send, and however they end, the API goes on."""

import asyncio
import os
import resource
import signal
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar

import pytest

from dawn_chorus.api.decoders.pictures import Job, Pictures
from dawn_chorus.api.decoders.server import Decoders
from dawn_chorus.api.http.problems import BUSY, UNDECODABLE, Problem
from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Message
from dawn_chorus.domain.errors import TransientError
from tests.servers import caged_scripts

END = ';answer(content_type="audio/flac", rate=8);'
CLIP = 'part(0, b"fLaC"); part(4, bytes(1 << 20)); part(4 + (1 << 20), b"")' + END
SLOW_CLIP = "time.sleep(0.3);" + CLIP
MAX_BYTES = 4 << 20
Result = TypeVar("Result")


class Studio:
    """Pictures, and what of the server and its files a test looks at."""

    def __init__(self, decoders: Decoders, folder: Path, waiting: int) -> None:
        self.decoders, self._folder, self._scripts = decoders, folder, 0
        self.pictures = Pictures(decoders, 2, waiting)

    async def clip(self, script: str, limits: Limits | None = None) -> tuple[Message, bytes]:
        """Return what a child says that runs the script, and what it wrote."""
        limits = limits or Limits(64 << 20, wall_s=60, cpu_s=60)
        job = Job("script", "Making the clip", {}, limits, {"audio/flac": b"fLaC"}, MAX_BYTES)
        self._scripts += 1
        path = self._folder / f"script{self._scripts}"
        path.write_text(script)
        with path.open("rb") as file, TemporaryFile() as target:
            async with self.pictures.place():
                head = await self.pictures.write(job, file.fileno(), target.fileno())
            target.seek(0)
            return head, target.read()

    def children(self) -> list[str]:
        assert self.decoders._server
        pid = self.decoders._server.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    async def until_children(self, number: int) -> None:
        while len(self.children()) != number:  # noqa: ASYNC110 - the kernel tells no event
            await asyncio.sleep(0.005)


def in_studio(folder: Path, use: Callable[[Studio], Awaitable[Result]], waiting: int = 64) -> Result:
    async def run() -> Result:
        with closing(Decoders(60, 4, caged_scripts.MODULE)) as decoders:
            await decoders.start()
            return await use(Studio(decoders, folder, waiting))

    with caged_scripts.scripts_on_path():
        return asyncio.run(run())


def refusal(folder: Path, script: str, limits: Limits | None = None) -> Problem:
    async def then_another(studio: Studio) -> Problem:
        with pytest.raises(Problem) as caught:
            await studio.clip(script, limits)
        await studio.clip(CLIP)
        return caught.value

    return in_studio(folder, then_another)


def test_an_answer_of_megabytes_is_written_as_it_comes(tmp_path: Path) -> None:
    head, written = in_studio(tmp_path, lambda studio: studio.clip(CLIP))
    assert head == {"content_type": "audio/flac", "rate": 8}
    assert written == b"fLaC" + bytes(1 << 20)


def test_a_header_is_written_again_at_the_end_as_encoders_do(tmp_path: Path) -> None:
    script = 'part(0, b"RIFF????"); part(8, b"sound"); part(0, b"fLaC1234"); part(13, b"")' + END
    assert in_studio(tmp_path, lambda studio: studio.clip(script))[1] == b"fLaC1234sound"


@pytest.mark.parametrize("error", ["not_audio", "empty", "permanent", "new"])
def test_a_refusal_keeps_its_reason(tmp_path: Path, error: str) -> None:
    problem = refusal(tmp_path, f'part(0, b""); answer(error="{error}", detail="the file is a zip archive")')
    assert (problem.kind, problem.detail) == (UNDECODABLE, "the file is a zip archive")


@pytest.mark.parametrize(
    "script",
    [
        "import ctypes; ctypes.string_at(0)",
        "os._exit(0)",
        "raise ValueError",
        "connection.sendall(b'no message at all')",
        "connection.sendall(bytes([255]) * 100)",
        "connection.sendall((9).to_bytes(8, 'little') + b'[' * 9)",
        END,
        "part(0, b'fLaC')" + END,
        "part(0, b'fLaC'); part(3, b'')" + END,
        "part(0, b'fLaC'); part(2 ** 64 - 1, b'')" + END,
        "part(0, b'')" + END,
        "part(0, b'RIFF'); part(4, b'')" + END,
        "part(0, b'fL'); part(2, b'')" + END,
        "part(0, b'fLaC'); os._exit(0)" + END,
        "connection.sendall(struct.pack('<QQ', 0, 1 << 40))",
        f"part({MAX_BYTES}, b'x')",
        "part(2 ** 64 - 1, b'x')" + END,
        "part(0, b'fLaC'); part(4, b'')",
        "part(0, b'fLaC'); part(4, b''); answer(content_type='text/html')",
        "part(0, b'fLaC'); part(4, b''); answer(content_type=['audio/flac'])",
        "part(0, b'fLaC'); part(4, b''); answer(rate=8)",
        "part(0, b'fLaC'); part(4, b''); connection.sendall((2).to_bytes(8, 'little') + b'[]')",
        "part(0, b'fLaC'); part(4, b''); answer(note='x' * (1 << 17))",
        "part(0, b''); answer(error=5)",
    ],
)
def test_a_child_that_ends_or_sends_rubbish_is_undecodable_and_the_next_one_works(tmp_path: Path, script: str) -> None:
    assert refusal(tmp_path, script).kind is UNDECODABLE


@pytest.mark.parametrize(
    "script",
    [
        "time.sleep(600)",
        "part(0, b'fLaC'); time.sleep(600)" + END,
        "while True: part(0, b'fLaC')",
        "while True: pass",
    ],
    ids=["silent", "stalls", "sends without end", "computes"],
)
def test_a_child_that_does_not_end_is_killed(tmp_path: Path, script: str) -> None:
    problem = refusal(tmp_path, script, Limits(64 << 20, wall_s=1))
    assert (problem.kind, problem.detail) == (UNDECODABLE, "Making the clip could not be done within 1 s")


def test_a_child_that_computes_too_long_is_ended_by_the_kernel(tmp_path: Path) -> None:
    problem = refusal(tmp_path, "while True: pass", Limits(64 << 20, wall_s=60, cpu_s=1))
    assert (problem.kind, problem.detail) == (UNDECODABLE, "Making the clip took more than 1 s of a processor")


def test_a_child_that_takes_all_memory_gets_none(tmp_path: Path) -> None:
    script = "held = [bytes(1 << 20) for _ in range(1 << 20)]"
    assert "exit code 70" in refusal(tmp_path, script).detail


def test_two_are_made_at_once_and_the_others_wait(tmp_path: Path) -> None:
    async def many(studio: Studio) -> int:
        most, clips = 0, asyncio.gather(*(studio.clip("time.sleep(0.5);" + CLIP) for _ in range(5)))
        while not clips.done():
            most = max(most, len(studio.children()))
            await asyncio.sleep(0.002)
        await clips
        return most

    assert in_studio(tmp_path, many) == 2


def test_more_than_may_wait_are_told_to_come_again_and_the_others_served(tmp_path: Path) -> None:
    async def too_many(studio: Studio) -> list[object]:
        return list(await asyncio.gather(*(studio.clip(SLOW_CLIP) for _ in range(20)), return_exceptions=True))

    results = in_studio(tmp_path, too_many, waiting=3)
    problems = [result for result in results if isinstance(result, Problem)]
    assert (len(results), len(problems)) == (20, 15)
    assert all(problem.kind is BUSY and int(problem.headers["Retry-After"]) > 0 for problem in problems)


def test_headers_do_not_wait_for_clips(tmp_path: Path) -> None:
    async def beside(studio: Studio) -> bool:
        clips = [asyncio.create_task(studio.clip("time.sleep(600)")) for _ in range(3)]
        await studio.until_children(2)
        (tmp_path / "script").write_text("answer(number=1)")
        with (tmp_path / "script").open("rb") as file:
            await studio.decoders.run("script", {}, Limits(64 << 20, wall_s=60), file.fileno())
        is_waiting = not any(clip.done() for clip in clips)
        for clip in clips:
            clip.cancel()
        await asyncio.gather(*clips, return_exceptions=True)
        return is_waiting

    assert in_studio(tmp_path, beside)


@pytest.mark.parametrize("script", ["time.sleep(600)", "while True: part(0, b'fLaC' + bytes(1 << 19))"])
def test_a_child_ends_when_nobody_waits_for_it_and_its_place_is_free(tmp_path: Path, script: str) -> None:
    async def give_up(studio: Studio) -> int:
        clips = [asyncio.create_task(studio.clip(script)) for _ in range(3)]
        await studio.until_children(2)
        for clip in clips:
            clip.cancel()
        await asyncio.gather(*clips, return_exceptions=True)
        await studio.until_children(0)
        return len((await studio.clip(CLIP))[1])

    assert in_studio(tmp_path, give_up, waiting=1) == (1 << 20) + 4


def test_a_clip_is_made_again_if_the_server_dies_meanwhile_and_only_once_more(tmp_path: Path) -> None:
    async def kill_it_each_time(studio: Studio) -> set[int]:
        clip = asyncio.create_task(studio.clip('part(0, b"fLaC"); time.sleep(600)' + END))
        killed: set[int] = set()
        while not clip.done():
            server = studio.decoders._server
            if server and server.is_running() and studio.children():
                killed.add(server.pid)
                os.kill(server.pid, signal.SIGKILL)
            await asyncio.sleep(0.01)
        with pytest.raises(TransientError, match="send the request again"):
            await clip
        return killed

    assert len(in_studio(tmp_path, kill_it_each_time)) == 2


def test_a_second_attempt_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    async def kill_it_once(studio: Studio) -> bytes:
        clip = asyncio.create_task(
            studio.clip('part(1000, b"x"); time.sleep(0.5); part(0, b"fLaC"); part(1001, b"")' + END)
        )
        await studio.until_children(1)
        await asyncio.sleep(0.1)
        (tmp_path / "script1").write_text('part(0, b"fLaC"); part(4, b"")' + END)
        assert studio.decoders._server
        os.kill(studio.decoders._server.pid, signal.SIGKILL)
        return (await clip)[1]

    assert in_studio(tmp_path, kill_it_once) == b"fLaC"


def test_without_free_descriptors_a_request_is_told_to_come_again(tmp_path: Path) -> None:
    async def starve(studio: Studio) -> bytes:
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest_free = os.dup(0)
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + 4, limits[1]))  # two files, a pair of sockets
        try:
            with pytest.raises(TransientError, match="Too many open files"):
                await studio.clip(CLIP)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        return (await studio.clip(CLIP))[1]

    assert in_studio(tmp_path, starve).startswith(b"fLaC")


def test_a_full_disk_is_not_put_down_to_the_file(tmp_path: Path) -> None:
    job = Job("script", "Making the clip", {}, Limits(64 << 20, wall_s=60), {"audio/flac": b"fLaC"}, MAX_BYTES)
    (tmp_path / "script").write_text(CLIP)
    with (tmp_path / "script").open("rb") as file, Path("/dev/full").open("wb") as full:
        descriptors = file.fileno(), full.fileno()
        with pytest.raises(TransientError, match="No space left"):
            in_studio(tmp_path, lambda studio: studio.pictures.write(job, *descriptors))


def test_work_that_nobody_watches_lets_others_go_first(tmp_path: Path) -> None:
    async def use(studio: Studio) -> list[str]:
        order: list[str] = []

        async def take(name: str, place: AbstractAsyncContextManager[None]) -> None:
            async with place:
                order.append(name)
                await asyncio.sleep(0.1)

        pictures = studio.pictures
        both = [asyncio.create_task(take(f"first {number}", pictures.place())) for number in range(2)]
        await asyncio.sleep(0)
        aside = asyncio.create_task(take("aside", pictures.spare_place()))
        await asyncio.sleep(0)
        people = [asyncio.create_task(take(f"later {number}", pictures.place())) for number in range(4)]
        await asyncio.gather(*both, aside, *people)
        return order

    order = in_studio(tmp_path, use)
    assert order[-1] == "aside", "it asked before the last four"


def test_work_that_nobody_watches_waits_in_line_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dawn_chorus.api.decoders.pictures.GIVE_WAY_S", 0.2)

    async def use(studio: Studio) -> bool:
        async def watch() -> None:
            while True:
                async with studio.pictures.place():
                    await asyncio.sleep(0.01)

        people = [asyncio.create_task(watch()) for _ in range(6)]
        await asyncio.sleep(0.05)
        async with asyncio.timeout(30), studio.pictures.spare_place():
            got = True
        for each in people:
            each.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        return got

    assert in_studio(tmp_path, use)
