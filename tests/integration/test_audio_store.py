"""The audio store's promises, held on a folder and on a real S3 server."""

import asyncio
import gc
import hashlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from dawn_chorus.adapters.audio_store import CacheOptions, ObjectAudioStore, open_audio_store
from dawn_chorus.domain.errors import PermanentError, TransientError
from tests.servers.seaweedfs import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server

KEY = "ab/0197a000-0000-7000-8000-000000000001.flac"
MANY_PARTS = 20 * 1024 * 1024 + 77
"""More than two parts of a multipart upload."""


@dataclass(frozen=True)
class StoreUnderTest:
    store: ObjectAudioStore
    list_leftovers: Callable[[], list[str]]
    """Everything in the store, unfinished uploads included."""


@pytest.fixture(params=["folder", "s3"])
def under_test(request: pytest.FixtureRequest, tmp_path: Path) -> StoreUnderTest:
    if request.param == "folder":
        root = tmp_path / "audio files"
        store = open_audio_store(root.as_uri())
        return StoreUnderTest(store, lambda: [str(path) for path in root.rglob("*") if path.is_file()])
    server: S3Server = request.getfixturevalue("s3_server")
    url = server.make_store_url()
    store = open_audio_store(url, cache=CacheOptions(tmp_path / "cache"))
    return StoreUnderTest(store, lambda: server.list_everything(url))


@pytest.fixture
def store(under_test: StoreUnderTest) -> ObjectAudioStore:
    return under_test.store


async def stream(sound: bytes, chunk_bytes: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(sound), chunk_bytes):
        yield sound[start : start + chunk_bytes]


def write(store: ObjectAudioStore, sound: bytes, key: str = KEY) -> int:
    return asyncio.run(store.write(key, stream(sound)))


def read(store: ObjectAudioStore, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(store.read(KEY, start, end))


@pytest.mark.parametrize("size_bytes", [0, 1, 65_536, MANY_PARTS])
def test_what_was_written_is_read_back(store: ObjectAudioStore, size_bytes: int) -> None:
    sound = os.urandom(size_bytes)
    assert write(store, sound) == size_bytes
    assert read(store) == sound


def test_any_stretch_can_be_read(store: ObjectAudioStore) -> None:
    sound = os.urandom(MANY_PARTS)
    write(store, sound)
    for start, end in [(0, 1), (100, 200), (5_000_000, 15_000_000), (MANY_PARTS - 1, MANY_PARTS), (7, 7)]:
        assert read(store, start, end) == sound[start:end]
    assert read(store, MANY_PARTS - 10) == sound[-10:]
    assert read(store, MANY_PARTS - 10, MANY_PARTS + 10) == sound[-10:]
    assert read(store, MANY_PARTS + 10) == b""


def test_a_range_is_read_in_one_request_and_ends_with_the_file(store: ObjectAudioStore) -> None:
    sound = os.urandom(MANY_PARTS)
    write(store, sound)
    assert store.measure(KEY) == MANY_PARTS
    for start, length in [(0, 1), (0, 0), (9_000_000, 300_000), (MANY_PARTS - 10, 10), (MANY_PARTS - 10, 1_000)]:
        assert store.read_range(KEY, start, length) == sound[start : start + length]
    for start in (MANY_PARTS, MANY_PARTS + 7):
        assert store.read_range(KEY, start, 100) == b""


def test_a_range_of_what_is_not_there_is_refused(store: ObjectAudioStore) -> None:
    for refused in (lambda: store.read_range("nowhere/x", 0, 1), lambda: store.measure("nowhere/x")):
        with pytest.raises(PermanentError, match="no recording under nowhere/x"):
            refused()


def test_only_a_folder_has_stored_files(request: pytest.FixtureRequest, under_test: StoreUnderTest) -> None:
    write(under_test.store, b"sound")
    stored = under_test.store.stored_file(KEY)
    if request.node.callspec.params["under_test"] == "s3":
        assert stored is None
    else:
        assert stored is not None
        assert stored.read_bytes() == b"sound"
        with pytest.raises(PermanentError, match="no recording under nowhere/x"):
            under_test.store.stored_file("nowhere/x")


def test_a_recording_is_lent_as_a_local_file(store: ObjectAudioStore) -> None:
    sound = os.urandom(MANY_PARTS)
    write(store, sound)
    with store.local_copy(KEY) as path:
        assert path.read_bytes() == sound
        assert path.suffix == ".flac"


def test_what_is_not_there_is_named(store: ObjectAudioStore) -> None:
    with pytest.raises(PermanentError, match="no recording under nowhere/x"):
        store.read("nowhere/x")
    with pytest.raises(PermanentError, match="no recording under nowhere/x"), store.local_copy("nowhere/x"):
        pass


def test_a_deleted_recording_is_gone_and_may_be_deleted_again(under_test: StoreUnderTest) -> None:
    write(under_test.store, b"RIFF")
    under_test.store.delete(KEY)
    under_test.store.delete(KEY)
    with pytest.raises(PermanentError):
        read(under_test.store)
    with pytest.raises(PermanentError), under_test.store.local_copy(KEY):
        pass
    assert under_test.list_leftovers() == []


def test_an_error_of_the_user_of_a_copy_is_not_the_stores(store: ObjectAudioStore) -> None:
    write(store, b"RIFF")
    with pytest.raises(FileNotFoundError, match="a decoder"), store.local_copy(KEY):
        raise FileNotFoundError("a decoder")


class ClientGone(Exception):
    pass


@pytest.mark.parametrize("sent_bytes", [0, 100_000, MANY_PARTS])
def test_nothing_stays_behind_when_the_uploader_hangs_up(
    under_test: StoreUnderTest, sent_bytes: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_off() -> AsyncIterator[bytes]:
        async for chunk in stream(os.urandom(sent_bytes)):
            yield chunk
        raise ClientGone

    with pytest.raises(ClientGone):
        asyncio.run(under_test.store.write(KEY, break_off()))
    assert under_test.list_leftovers() == []
    gc.collect()
    assert caplog.records == []


@pytest.mark.parametrize("sent_bytes", [0, 100_000, MANY_PARTS])
def test_nothing_stays_behind_when_the_upload_is_cancelled(under_test: StoreUnderTest, sent_bytes: int) -> None:
    async def upload_and_cancel() -> None:
        sent = asyncio.Event()

        async def hang() -> AsyncIterator[bytes]:
            async for chunk in stream(os.urandom(sent_bytes)):
                yield chunk
            sent.set()
            await asyncio.Event().wait()

        upload = asyncio.ensure_future(under_test.store.write(KEY, hang()))
        await sent.wait()
        upload.cancel()
        await upload

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(upload_and_cancel())
    assert under_test.list_leftovers() == []


def test_many_uploads_at_once_do_not_mix(store: ObjectAudioStore) -> None:
    sounds = {f"many/{number}": os.urandom(300_000) for number in range(20)}

    async def upload_all() -> None:
        await asyncio.gather(*(store.write(key, stream(sound)) for key, sound in sounds.items()))

    asyncio.run(upload_all())
    for key, sound in sounds.items():
        assert b"".join(store.read(key)) == sound


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_memory_stays_flat_however_long_the_upload(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """In a process of its own, where nothing else takes memory: 400 MB of upload in less than 150 MB."""
    url = tmp_path.as_uri() if kind == "folder" else request.getfixturevalue("bucket_url")
    script = (
        "import asyncio, pathlib\n"
        "from dawn_chorus.adapters.audio_store import open_audio_store\n"
        "async def chunks():\n"
        "    for _ in range(400): yield bytes(1024 * 1024)\n"
        f"assert asyncio.run(open_audio_store({url!r}).write('long', chunks())) == 400 * 1024 * 1024\n"
        "print(pathlib.Path('/proc/self/status').read_text())\n"
    )
    # A process that ends right after an upload ends in order: check=True.
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    peak_kb = next(line.split()[1] for line in answer.stdout.splitlines() if line.startswith("VmHWM"))
    assert int(peak_kb) < 150 * 1024


def test_a_store_that_works_passes_the_check_and_keeps_nothing_of_it(under_test: StoreUnderTest) -> None:
    under_test.store.check()
    assert under_test.list_leftovers() == []


# -- A folder


def test_a_folder_lends_the_stored_file_itself(tmp_path: Path) -> None:
    store = open_audio_store(tmp_path.as_uri())
    write(store, b"RIFF")
    with store.local_copy(KEY) as path:
        assert path == tmp_path / KEY


def test_a_folder_that_cannot_be_written_fails_the_check(tmp_path: Path) -> None:
    root = tmp_path / "audio"
    store = open_audio_store(root.as_uri())
    root.rmdir()
    root.write_text("a file now")
    with pytest.raises(TransientError, match="audio store"):
        store.check()


# -- S3


def test_where_on_this_machine_a_folder_is_stays_with_the_machine(tmp_path: Path) -> None:
    root = tmp_path / "audio files"
    store = open_audio_store(root.as_uri())
    root.rmdir()
    root.touch()
    with pytest.raises(TransientError) as caught:
        store.check()
    assert str(tmp_path) not in str(caught.value)
    assert "audio store on disk: " in str(caught.value)


@pytest.fixture
def bucket_url(s3_server: S3Server) -> str:
    return s3_server.make_store_url()


def test_s3_away_is_transient(tmp_path: Path) -> None:
    store = open_audio_store(
        "s3://bucket?endpoint=http://127.0.0.1:1&access_key_id=a&secret_access_key=b", cache=CacheOptions(tmp_path)
    )
    with pytest.raises(TransientError, match="audio store s3://bucket"):
        store.check()
    with pytest.raises(TransientError):
        write(store, b"RIFF")
    with pytest.raises(TransientError), store.local_copy(KEY):
        pass


def test_a_wrong_secret_fails_the_check(s3_server: S3Server) -> None:
    store = open_audio_store(s3_server.make_store_url(secret_access_key="wrong"))
    with pytest.raises(TransientError, match="audio store s3://"):
        store.check()


def test_credentials_may_come_apart_from_the_url(s3_server: S3Server) -> None:
    credentials = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_ENDPOINT_URL": s3_server.endpoint,
    }
    store = open_audio_store(f"s3://{BUCKET}/{uuid4()}", credentials=credentials)
    assert write(store, b"RIFF") == 4
    assert read(store) == b"RIFF"


def test_a_bucket_without_cache_lends_nothing_and_says_what_to_do(bucket_url: str) -> None:
    store = open_audio_store(bucket_url)
    write(store, b"RIFF")
    with pytest.raises(PermanentError, match="with a cache"), store.local_copy(KEY):
        pass


def cached_store(url: str, folder: Path, max_bytes: int) -> ObjectAudioStore:
    return open_audio_store(url, cache=CacheOptions(folder, max_bytes))


def cached_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_a_recording_is_downloaded_once(bucket_url: str, tmp_path: Path) -> None:
    store = cached_store(bucket_url, tmp_path, 10**9)
    write(store, b"RIFF")
    with store.local_copy(KEY) as first, store.local_copy(KEY) as second:
        assert first == second
        inode = first.stat().st_ino
    with cached_store(bucket_url, tmp_path, 10**9).local_copy(KEY) as third:
        assert third.stat().st_ino == inode


def test_the_cache_forgets_what_was_unused_for_longest(bucket_url: str, tmp_path: Path) -> None:
    store = cached_store(bucket_url, tmp_path, 2_500_000)
    for key in "abc":
        write(store, os.urandom(1_000_000), key)
    for key in "aba":
        with store.local_copy(key) as path:
            kept = path
    with store.local_copy("c"):
        pass
    assert kept.exists()
    assert cached_bytes(tmp_path) == 2_000_000


def test_what_is_lent_out_is_never_removed(bucket_url: str, tmp_path: Path) -> None:
    store = cached_store(bucket_url, tmp_path, 1_000_000)
    sounds = {key: os.urandom(1_000_000) for key in "abc"}
    for key, sound in sounds.items():
        write(store, sound, key)
    with ExitStack() as lent:
        paths = {key: lent.enter_context(store.local_copy(key)) for key in sounds}
        assert {key: path.read_bytes() for key, path in paths.items()} == sounds
    with store.local_copy("a"):
        pass
    write(store, b"RIFF", "d")
    with store.local_copy("d"):
        pass
    assert cached_bytes(tmp_path) <= 1_000_000


def test_the_leftovers_of_a_broken_download_are_no_recording(bucket_url: str, tmp_path: Path) -> None:
    store = cached_store(bucket_url, tmp_path, 10**9)
    write(store, b"whole")
    with store.local_copy(KEY) as path:
        pass
    path.rename(path.with_name(f"{path.name}.part"))
    path.with_name(f"{path.name}.part").write_bytes(b"half of something, longer than the whole")
    with store.local_copy(KEY) as path:
        assert path.read_bytes() == b"whole"


def check_copies(url: str, folder: Path, digests: dict[str, str]) -> None:
    """Lend every recording many times from several threads, in a cache too small for all."""
    store = cached_store(url, folder, 2_500_000)

    def lend(number: int) -> None:
        key = sorted(digests)[number % len(digests)]
        with store.local_copy(key) as path:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == digests[key]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lend, range(100)))


def test_threads_and_processes_share_a_cache_that_is_too_small(bucket_url: str, tmp_path: Path) -> None:
    sounds = {f"sound-{number}": os.urandom(1_000_000) for number in range(5)}
    for key, sound in sounds.items():
        write(open_audio_store(bucket_url), sound, key)
    digests = {key: hashlib.sha256(sound).hexdigest() for key, sound in sounds.items()}
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=check_copies, args=(bucket_url, tmp_path, digests)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert cached_bytes(tmp_path) <= 2_500_000


# -- URLs


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/var/audio",
        "file://host/audio",
        "ftp://x",
        "s3://",
        "s3://bucket?endpiont=http://x",
        "s3://bucket?x",
        "s3://[x",
    ],
)
def test_a_url_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(PermanentError, match=r"^audio store"):
        open_audio_store(url)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PermanentError, match="audio store, folder"):
        open_audio_store((tmp_path / "file" / "audio").as_uri())


@pytest.fixture(autouse=True)
def _no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
