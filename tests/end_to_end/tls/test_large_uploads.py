"""A gigabyte goes through Caddy, by the form and by tus, and neither it nor the API holds it in memory."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx
import psutil
import pytest

from tests.end_to_end.test_resumable_uploads import write_wav
from tests.end_to_end.tls.conftest import Site
from tests.servers.programs import find_program
from tests.servers.tus import BYTES, VERSION, begin

GIGABYTE = 10**9
HEADER_BYTES = 1_000_000
BOUND_BYTES = 150 * 10**6
"""What both together may grow by, an eighth of what is sent."""


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A recording of almost three hours, a little noise and then silence, that takes next to no disk."""
    path = tmp_path / "night.wav"
    write_wav(path, HEADER_BYTES)
    with path.open("r+b") as file:
        file.truncate(GIGABYTE)
        for position, size in ((4, GIGABYTE - 8), (40, GIGABYTE - 44)):
            file.seek(position)
            file.write(size.to_bytes(4, "little"))
    return path


@contextmanager
def memory_stays_bounded(site: Site) -> Iterator[None]:
    """Fail if Caddy and the API grow together by more than the bound meanwhile."""
    processes = [site.caddy.process, psutil.Process(site.api.pid)]

    def held() -> int:
        return int(sum(process.memory_info().rss for process in processes))

    before, most, done = held(), [0], Event()

    def watch() -> None:
        while not done.wait(0.1):
            most[0] = max(most[0], held())

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    assert 0 < most[0] < before + BOUND_BYTES, (before, most[0])


def curl(site: Site, path: str, *words: str) -> str:
    command = [find_program("curl"), "--silent", "--show-error", "--cacert", str(site.caddy.authority)]
    show = ["--header", f"Authorization: Bearer {site.key}"]
    done = subprocess.run(
        [*command, *show, *words, f"{site.caddy.url}{path}"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_gigabyte_by_the_form(site: Site, big: Path, client: httpx.Client) -> None:
    with memory_stays_bounded(site):
        posted = json.loads(curl(site, "/v1/recordings", "--form", f"file=@{big}"))
    assert_stored_whole(client, posted["id"])


def test_a_gigabyte_by_tus(site: Site, big: Path, client: httpx.Client) -> None:
    with big.open("r+b") as file:  # or it would be the recording that is there
        file.seek(GIGABYTE // 2)
        file.write(b"another night")
    upload = begin(client, GIGABYTE)
    headers = {**VERSION, **BYTES, "Upload-Offset": "0", "Expect": ""}
    words = [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
    with memory_stays_bounded(site):
        curl(site, upload.path, "--request", "PATCH", "--upload-file", str(big), *words)
    assert upload.offset == GIGABYTE
    posted = upload.become()
    assert posted.status_code == 202, posted.text
    assert_stored_whole(client, posted.json()["id"])


def assert_stored_whole(client: httpx.Client, recording_id: str) -> None:
    tail = client.get(f"/v1/recordings/{recording_id}/audio", headers={"Range": "bytes=-10"})
    assert (tail.status_code, tail.headers["content-range"]) == (
        206,
        f"bytes {GIGABYTE - 10}-{GIGABYTE - 1}/{GIGABYTE}",
    )
    assert tail.content == bytes(10)
