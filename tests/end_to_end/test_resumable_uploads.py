"""Resumable uploads over lines that are cut, by one API process after another: one recording, with the bytes sent."""

import hashlib
import os
import struct
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx
import numpy as np
import psutil
import psycopg
import pytest

from tests.end_to_end.service import Deployable, Service, wait_until
from tests.integration.api_checks import stored_files
from tests.servers.gate import Gate, Request, open_gate
from tests.servers.seaweedfs import S3Server
from tests.servers.tus_client import TusClient, finish

LARGE_BYTES = max(80, int(os.environ.get("CHORUS_TUS_TEST_MB", "200"))) * 10**6
CUT_BYTES = 25 * 10**6
N_CUTS = 2
PART_BYTES = 8 << 20
EXPIRY_S = 3.0
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def write_wav(path: Path, size_bytes: int, seed: int = 1) -> str:
    """Write a WAV file of noise, of which no two stretches are alike; return its SHA-256."""
    noise, digest = np.random.default_rng(seed), hashlib.sha256()
    samples = size_bytes - 44
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        size_bytes - 8,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        48_000,
        96_000,
        2,
        16,
        b"data",
        samples,
    )
    with path.open("wb") as file:
        for piece in (header, *(noise.bytes(min(1 << 20, samples - at)) for at in range(0, samples, 1 << 20))):
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()


@pytest.fixture
def service(tmp_path: Path, database_url: str, packs_dir: Path) -> Iterator[Service]:
    """APIs alone: what is taken in waits for a worker."""
    yield from serve(tmp_path, database_url, packs_dir, f"file://{tmp_path}/audio")


@pytest.fixture
def service_on_s3(tmp_path: Path, database_url: str, packs_dir: Path, s3_server: S3Server) -> Iterator[Service]:
    yield from serve(tmp_path, database_url, packs_dir, s3_server.make_store_url())


def serve(folder: Path, database_url: str, packs_dir: Path, store_url: str) -> Iterator[Service]:
    service = Service(folder, database_url, "amqp://nowhere", packs_dir, store_url)
    try:
        yield service
    finally:
        service.close()


def make_recording(url: str, upload_id: str) -> dict[str, Any]:
    """Make a recording of a whole upload; parts may still be joined."""
    deadline = time.monotonic() + 60
    while True:
        answer = httpx.post(f"{url}/v1/recordings", data={"upload": upload_id}, timeout=60)
        if answer.status_code != 503 or time.monotonic() > deadline:
            break
        time.sleep(int(answer.headers["retry-after"]))
    assert answer.status_code in (200, 202), answer.text
    body: dict[str, Any] = answer.json()
    return body


def recordings(service: Service) -> list[tuple[str, str]]:
    """Return the id and the hash of each."""
    with psycopg.connect(service.database_url) as connection:
        return [
            (str(id_), sha256) for id_, sha256 in connection.execute("SELECT id, sha256 FROM recordings").fetchall()
        ]


def hash_of_audio(url: str, recording_id: str) -> str:
    """Return the SHA-256 of a recording's bytes as they come out again."""
    digest = hashlib.sha256()
    with httpx.stream("GET", f"{url}/v1/recordings/{recording_id}/audio", timeout=60) as answer:
        for piece in answer.iter_bytes():
            digest.update(piece)
    return digest.hexdigest()


def cut(gate: Gate, n_cuts: int) -> None:
    """Cut so many PATCHes, each after 25 MB of it."""

    def cuts_after(request: Request) -> int | None:
        return CUT_BYTES if request.method == "PATCH" and len(gate.refused) < n_cuts else None

    gate.cuts_after = cuts_after


def upload_through_cuts(service: Service, client: TusClient, folder: Path) -> None:
    """Upload one file twice with the real client, each time through a line that is cut twice; it is one recording."""
    path = folder / "dawn.wav"
    sha256 = write_wav(path, LARGE_BYTES)
    api, answers = service.start("api"), []
    for _ in range(2):
        with open_gate(api.port) as gate:
            cut(gate, N_CUTS)
            uploaded = client.upload(gate.url, path)
            assert len(gate.refused) == N_CUTS
            assert LARGE_BYTES <= gate.body_bytes < LARGE_BYTES + N_CUTS * PART_BYTES, (
                "what had arrived is not sent again"
            )
        answers.append(make_recording(api.status_url, uploaded.upload_id))
    assert [answer["sha256"] for answer in answers] == [sha256, sha256]
    assert [answer["duplicate"] for answer in answers] == [False, True]
    assert recordings(service) == [(answers[0]["id"], sha256)]
    assert hash_of_audio(api.status_url, answers[0]["id"]) == sha256


@pytest.mark.slow
def test_the_real_client_brings_a_large_file_over_a_line_that_is_cut(
    service: Service, tus_client: TusClient, tmp_path: Path
) -> None:
    upload_through_cuts(service, tus_client, tmp_path)
    store = Path(service.store_url.removeprefix("file://"))
    wait_until(lambda: len(stored_files(store)) == 1, "parts and the second copy are deleted")


@pytest.mark.slow
def test_the_real_client_brings_a_large_file_to_a_bucket(
    service_on_s3: Service, tus_client: TusClient, tmp_path: Path, s3_server: S3Server
) -> None:
    upload_through_cuts(service_on_s3, tus_client, tmp_path)
    wait_until(
        lambda: len(s3_server.list_everything(service_on_s3.store_url)) == 1, "parts and the second copy are deleted"
    )


@pytest.mark.slow
def test_another_process_takes_over_from_an_api_that_was_killed(
    service: Service, tus_client: TusClient, tmp_path: Path
) -> None:
    path = tmp_path / "dawn.wav"
    sha256 = write_wav(path, 60 * 10**6)
    first, second = service.start("api"), service.start("api")
    with open_gate(first.port) as gate:
        gate.loses_answer = lambda request: kill_at(request, first, gate, second)
        cut(gate, 1)
        uploaded = tus_client.upload(gate.url, path)
    assert not first.is_running
    answer = make_recording(second.status_url, uploaded.upload_id)
    assert answer["sha256"] == hash_of_audio(second.status_url, answer["id"]) == sha256


def kill_at(request: Request, api: Deployable, gate: Gate, other: Deployable) -> bool:
    """Kill the API once it was asked how far the upload is, and send all that follows to the other."""
    if request.method == "HEAD" and api.is_running:
        api.kill()
        gate.target_port = other.port
    return False


@pytest.mark.slow
def test_a_client_that_was_killed_goes_on_in_another_process(
    service: Service, tus_client: TusClient, tmp_path: Path
) -> None:
    path = tmp_path / "dawn.wav"
    sha256 = write_wav(path, 60 * 10**6)
    api = service.start("api")
    with open_gate(api.port) as gate:
        cut(gate, 1)
        first = tus_client.start(gate.url, path)
        wait_until(lambda: gate.refused, "25 MB have arrived")
        first.kill()
        first.communicate(timeout=30)
        uploaded = finish(tus_client.start(gate.url, path))
        assert uploaded.resumed
        assert gate.body_bytes < 60 * 10**6 + CUT_BYTES
    assert make_recording(api.status_url, uploaded.upload_id)["sha256"] == sha256


def begin(url: str, size_bytes: int, name: str = "dawn.wav") -> str:
    """Begin an upload by hand; return its address."""
    metadata = f"filename {b64encode(name.encode()).decode()}"
    answer = httpx.post(
        f"{url}/v1/uploads", headers={**TUS, "Upload-Length": str(size_bytes), "Upload-Metadata": metadata}, timeout=60
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def send(url: str, location: str, offset: int, content: bytes) -> httpx.Response:
    checksum = b64encode(hashlib.sha256(content).digest()).decode()
    headers = {**BYTES, "Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {checksum}"}
    return httpx.patch(f"{url}{location}", content=content, headers=headers, timeout=120)


def read_offset(url: str, location: str) -> int:
    return int(httpx.head(f"{url}{location}", headers=TUS, timeout=60).headers["upload-offset"])


def test_of_two_patches_at_one_offset_one_counts(service: Service, tmp_path: Path) -> None:
    write_wav(tmp_path / "dawn.wav", 100_044)
    whole = (tmp_path / "dawn.wav").read_bytes()
    half = 50_000
    urls = [service.start("api").status_url, service.start("api").status_url]
    for number in range(10):
        location = begin(urls[0], len(whole))
        assert send(urls[1], location, 0, whole[:half]).status_code == 204
        # Other bytes of the same length: what is stored must be all of the one or all of the other.
        rests = [whole[half:], bytes([number]) * (len(whole) - half)]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(send, urls, [location] * 2, [half] * 2, rests))
        assert sorted(answer.status_code for answer in answers) == [204, 409]
        winner = next(rest for rest, answer in zip(rests, answers, strict=True) if answer.status_code == 204)
        answer = make_recording(urls[number % 2], location.rpartition("/")[2])
        assert answer["sha256"] == hashlib.sha256(whole[:half] + winner).hexdigest()
    store = Path(service.store_url.removeprefix("file://"))
    wait_until(lambda: len(stored_files(store)) == len(recordings(service)), "the losers' bytes are deleted")


@pytest.mark.slow
def test_twenty_uploads_at_once_need_bounded_memory(service: Service, tmp_path: Path) -> None:
    n_uploads, size_bytes = 20, 2 * PART_BYTES + 1000
    api = service.start("api", uploads_at_once="20", requests_per_s="1000", request_burst="1000")
    sums = [write_wav(tmp_path / f"{number}.wav", size_bytes, seed=number) for number in range(n_uploads)]
    upload_small_one(api, tmp_path)
    with WatchedMemory(api) as memory, ThreadPoolExecutor(n_uploads) as pool:
        locations = [begin(api.status_url, size_bytes, f"{number}.wav") for number in range(n_uploads)]

        def bring(number: int) -> str:
            content = (tmp_path / f"{number}.wav").read_bytes()
            answer = send(api.status_url, locations[number], 0, content)
            assert answer.status_code == 204, answer.text
            return str(make_recording(api.status_url, locations[number].rpartition("/")[2])["sha256"])

        assert list(pool.map(bring, range(n_uploads))) == sums
    assert memory.peak < memory.base + n_uploads * 3 * PART_BYTES, f"{memory.base} bytes before, {memory.peak} at most"


def upload_small_one(api: Deployable, folder: Path) -> None:
    """Let the API import and allocate what every upload needs."""
    write_wav(folder / "first.wav", 100_044, seed=99)
    location = begin(api.status_url, 100_044)
    assert send(api.status_url, location, 0, (folder / "first.wav").read_bytes()).status_code == 204
    make_recording(api.status_url, location.rpartition("/")[2])


class WatchedMemory:
    """The resident memory of an API's own process in bytes, before and at most."""

    def __init__(self, api: Deployable) -> None:
        self._process, self._ended = psutil.Process(api.pid), threading.Event()
        self.base = self.peak = self._process.memory_info().rss

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.01):
            self.peak = max(self.peak, self._process.memory_info().rss)


@pytest.mark.parametrize("where", ["disk", "bucket"])
def test_what_is_abandoned_is_gone_after_its_time(where: str, request: pytest.FixtureRequest) -> None:
    service: Service = request.getfixturevalue("service" if where == "disk" else "service_on_s3")
    api = service.start("api", upload_expiry_h=str(EXPIRY_S / 3600))
    url, content = api.status_url, bytes(PART_BYTES + 1000)
    abandoned, whole = begin(url, 10**9), begin(url, 100_044)
    assert send(url, abandoned, 0, content).status_code == 204
    write_wav(service.folder / "dawn.wav", 100_044)
    assert send(url, whole, 0, (service.folder / "dawn.wav").read_bytes()).status_code == 204
    begin(url, 1000)
    # A process killed while it joins would leave a key that is reserved for a day.
    wait_until(lambda: _state(service, whole) in ("ready", "expired"), "the whole one is joined")
    api.kill()
    time.sleep(EXPIRY_S + 0.5)
    other = service.start("api").status_url

    def is_clean() -> bool:
        store = list_store(service, request)
        with psycopg.connect(service.database_url) as connection:
            (n_parts,) = connection.execute("SELECT count(*) FROM upload_parts").fetchone() or (1,)
            (n_left,) = connection.execute("SELECT count(*) FROM audio_to_delete").fetchone() or (1,)
        return not store and n_parts == n_left == 0

    wait_until(is_clean, "no part of them is left")
    assert httpx.head(f"{other}{abandoned}", headers=TUS, timeout=60).status_code == 410
    assert send(other, abandoned, len(content), b"more").status_code == 410
    with psycopg.connect(service.database_url) as connection:
        states = connection.execute("SELECT DISTINCT state FROM uploads").fetchall()
    assert states == [("expired",)]


def _state(service: Service, path: str) -> str:
    with psycopg.connect(service.database_url) as connection:
        (state,) = connection.execute(
            "SELECT state FROM uploads WHERE id = %s", [path.rpartition("/")[2]]
        ).fetchone() or ("",)
    return str(state)


def list_store(service: Service, request: pytest.FixtureRequest) -> list[Any]:
    if service.store_url.startswith("file:"):
        return list(stored_files(Path(service.store_url.removeprefix("file://"))))
    server: S3Server = request.getfixturevalue("s3_server")
    return list(server.list_everything(service.store_url))
