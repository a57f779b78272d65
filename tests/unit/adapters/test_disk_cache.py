import errno
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import structlog

from dawn_chorus.adapters.disk_cache import DiskCache


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as events:
        yield events


def age(cache: DiskCache, key: str, seconds: float) -> None:
    path = cache._path(key)
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - seconds))


def test_what_is_put_is_there_for_every_process(tmp_path: Path) -> None:
    DiskCache(tmp_path, 1000).put("dawn/1", b"picture")
    assert DiskCache(tmp_path, 1000).get("dawn/1") == b"picture"
    assert DiskCache(tmp_path, 1000).get("dawn/2") is None


def test_the_limit_holds_whatever_is_put(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 10_000)
    for number in range(200):
        cache.put(str(number), bytes(300))
        assert size_of(tmp_path) <= 10_000
    assert size_of(tmp_path) >= 8_000, "no more is removed than has to be"


def test_what_was_used_least_recently_goes_first(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1160)
    for number in range(10):
        cache.put(str(number), bytes(100))
        age(cache, str(number), 100 - number)
    assert cache.get("0") is not None, "it is used: now it is the newest"
    cache.put("10", bytes(100))
    assert cache.get("0") is not None
    assert cache.get("1") is None
    assert cache.get("9") is not None


def test_several_processes_keep_one_limit(tmp_path: Path) -> None:
    caches = [DiskCache(tmp_path, 20_000) for _ in range(3)]
    for number in range(150):
        for each, cache in enumerate(caches):
            cache.put(f"{each}/{number}", bytes(300))
    assert size_of(tmp_path) <= 20_000 * 1.1


def test_a_full_disk_costs_the_keeping_only(tmp_path: Path, logged: list[structlog.typing.EventDict]) -> None:
    folder = tmp_path / "no folder"
    folder.write_text("a file stands in its place")
    cache = DiskCache(folder / "pictures", 1000)
    for _ in range(3):
        cache.put("key", b"picture")
    assert cache.get("key") is None
    assert [event["event"] for event in logged] == ["pictures are made, but not kept"], "once, not for each picture"


def test_a_disk_that_fills_in_the_middle_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[structlog.typing.EventDict]
) -> None:
    write = Path.write_bytes

    def fill_up(path: Path, content: bytes) -> int:
        write(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    cache = DiskCache(tmp_path, 1000)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", fill_up)
        cache.put("key", b"picture")
    assert cache.get("key") is None
    assert size_of(tmp_path) == 0
    assert [event["reason"] for event in logged] == ["No space left on device"]
    cache.put("key", b"picture")
    assert cache.get("key") == b"picture"


def test_nothing_is_kept_that_is_larger_than_all(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 100)
    cache.put("large", bytes(101))
    assert cache.get("large") is None
    assert size_of(tmp_path) == 0
    nothing = DiskCache(tmp_path, 0)
    nothing.put("small", b"x")
    assert nothing.get("small") is None


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 10 << 20)
    contents = [bytes([number]) * 200_000 for number in range(4)]

    def write(content: bytes) -> None:
        for _ in range(20):
            cache.put("key", content)

    writers = [Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        seen.add(cache.get("key"))
    assert seen <= {None, *contents}
    assert list(tmp_path.rglob("*.part")) == []


def test_a_file_that_lost_its_bytes_or_is_not_the_caches_own_disturbs_nobody(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1000)
    (tmp_path / "lost+found").write_text("somebody else's")
    for spoiled in (b"", bytes(7), bytes(30)):
        cache.put("key", b"picture")
        cache._path("key").write_bytes(spoiled)
        assert cache.get("key") is None
    cache.put("key", b"picture")
    assert cache.get("key") == b"picture"
