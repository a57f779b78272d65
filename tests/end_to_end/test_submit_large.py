"""`chorus submit` with files that go in pieces: over a bad line, past Ctrl-C and killed APIs, each is there once."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.end_to_end.service import Service, wait_until
from tests.end_to_end.test_resumable_uploads import write_wav
from tests.integration.api_checks import stored_files
from tests.servers.gate import Gate, Reply, Request, open_gate

SIZE_BYTES, PIECE_BYTES = 40 * 10**6, 8 << 20
PATIENCE_S = 120


@pytest.fixture
def service(tmp_path: Path, database_url: str, packs_dir: Path) -> Iterator[Service]:
    """An API alone: what is taken in waits for a worker."""
    service = Service(tmp_path, database_url, "amqp://nowhere", packs_dir, f"file://{tmp_path}/audio")
    try:
        service.start("api")
        yield service
    finally:
        service.close()


@pytest.fixture
def gate(service: Service) -> Iterator[Gate]:
    with open_gate(service.api.port) as gate:
        yield gate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "card" / "dawn.wav"
    path.parent.mkdir()
    write_wav(path, SIZE_BYTES)
    return path


def start(gate: Gate, path: Path, *words: str) -> subprocess.Popen[str]:
    env = {**os.environ, "CHORUS_URL": gate.url, "CHORUS_STATE_DIR": str(path.parents[1] / "state")}
    command = [sys.executable, "-P", "-m", "dawn_chorus.cli", "submit", "--json", *words, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


def finish(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    """Return the exit code, the answers that were printed, and what was said."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in err
    return process.returncode, json.loads(out) if out else [], err


def submit(gate: Gate, path: Path, *words: str) -> tuple[int, list[dict[str, Any]], str]:
    return finish(start(gate, path, *words))


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(service: Service) -> list[str]:
    """Return the hashes of the recordings' bytes in the store."""
    store = Path(service.store_url.removeprefix("file://"))
    with psycopg.connect(service.database_url) as connection:
        keys = [key for (key,) in connection.execute("SELECT store_key FROM recordings").fetchall()]
    return [hash_of(store / key) for key in keys]


def begun(path: Path) -> list[Path]:
    """Return what is remembered of uploads."""
    return list((path.parents[1] / "state" / "uploads").iterdir())


def count(gate: Gate, method: str, status: int = 0) -> int:
    return sum(each.method == method and status in (0, each.status) for each in gate.passed)


def is_patch(request: Request, *numbers: int) -> bool:
    return request.method == "PATCH" and request.number in numbers


def test_a_large_file_is_there_once_after_a_bad_line(service: Service, gate: Gate, path: Path) -> None:
    troubles = {2: Reply(503, ("Retry-After: 1",)), 3: Reply(429, ("Retry-After: 1",)), 4: Reply(None), 5: Reply(502)}
    gate.plan = lambda request: troubles.get(request.number) if request.method == "PATCH" else None
    gate.cuts_after = lambda request: 3_000_000 if is_patch(request, 6) else None
    gate.spoils = lambda request: is_patch(request, 8)
    gate.loses_answer = lambda request: is_patch(request, 9)
    code, answers, said = submit(gate, path)
    assert (code, answers[0]["sha256"], answers[0]["filename"]) == (0, hash_of(path), "dawn.wav"), said
    assert hashes(service) == [hash_of(path)]
    assert (count(gate, "PATCH", 460), count(gate, "PATCH", 204)) == (1, 5)
    assert begun(path) == []

    gate.passed.clear()
    code, again, _ = submit(gate, path)
    assert (code, again[0]["id"], again[0]["duplicate"]) == (0, answers[0]["id"], True)
    assert {each.method for each in gate.passed} == {"GET"}, "nothing is sent twice"


def test_an_answer_that_is_lost_makes_no_second_recording(service: Service, gate: Gate, path: Path) -> None:
    lost: list[Request] = []

    def lose_recording(request: Request) -> bool:
        if (request.method, request.path) == ("POST", "/v1/recordings") and not lost:
            lost.append(request)
            return True
        return False

    gate.loses_answer = lose_recording
    code, answers, said = submit(gate, path, "--site", "marsh")
    assert (code, answers[0]["site"], len(lost)) == (0, "marsh", 1), said
    assert hashes(service) == [hash_of(path)]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_same_command_sends_the_rest_after_it_was_stopped(
    how: signal.Signals, service: Service, gate: Gate, path: Path
) -> None:
    # Of the third piece nothing arrives: the run waits there to be stopped.
    gate.plan = lambda request: Reply(503, ("Retry-After: 100",)) if is_patch(request, 3) else None
    process = start(gate, path)
    wait_until(lambda: gate.refused, "two pieces are there", PATIENCE_S)
    process.send_signal(how)
    code, answers, said = finish(process)
    assert (code, answers) == (128 + how if how == signal.SIGINT else -how, [])
    assert how == signal.SIGKILL or "the same command again goes on" in said
    assert len(begun(path)) == 1
    gate.passed.clear()
    code, answers, said = submit(gate, path)
    assert (code, answers[0]["sha256"]) == (0, hash_of(path)), said
    assert (count(gate, "HEAD"), count(gate, "PATCH")) == (1, 3)
    assert (hashes(service), begun(path)) == ([hash_of(path)], [])


def test_another_process_goes_on_where_an_api_was_killed(service: Service, gate: Gate, path: Path) -> None:
    first, second = service.api, service.start("api")

    def kill(request: Request) -> bool:
        if is_patch(request, 3) and first.is_running:
            first.kill()
            gate.target_port = second.port
        return is_patch(request, 3)

    gate.loses_answer = kill
    code, answers, said = submit(gate, path)
    assert (code, answers[0]["sha256"]) == (0, hash_of(path)), said
    assert not first.is_running
    assert hashes(service) == [hash_of(path)]
    assert count(gate, "PATCH") == 5, "what the killed one had taken is not sent again"


def test_a_file_that_changes_while_it_is_sent_is_told_and_not_stored(service: Service, gate: Gate, path: Path) -> None:
    def change(request: Request) -> Reply | None:
        if is_patch(request, 3):
            with path.open("r+b") as file:
                file.seek(PIECE_BYTES * 3 + 7)
                file.write(b"changed")
        return None

    gate.plan = change
    code, answers, said = submit(gate, path)
    assert (code, answers) == (1, [])
    assert "the file changed while it was sent" in said
    assert (hashes(service), begun(path)) == ([], [])
    store = Path(service.store_url.removeprefix("file://"))
    wait_until(lambda: not stored_files(store), "what had arrived is deleted")


def test_what_is_no_sound_is_refused_and_leaves_nothing(service: Service, gate: Gate, path: Path) -> None:
    path.write_bytes(b"not a sound" * 2_000_000)
    code, _, said = submit(gate, path)
    assert code == 1
    assert "1 file" not in said
    assert begun(path) == []
    store = Path(service.store_url.removeprefix("file://"))
    wait_until(lambda: not stored_files(store), "what had arrived is deleted")


@pytest.mark.parametrize("status", [404, 405])
def test_an_older_service_gets_the_file_in_one_request_and_that_is_said(
    status: int, service: Service, gate: Gate, path: Path
) -> None:
    gate.plan = lambda request: Reply(status) if request.path.startswith("/v1/uploads") else None
    code, answers, said = submit(gate, path)
    assert (code, answers[0]["sha256"]) == (0, hash_of(path))
    assert said.count("takes no resumable uploads") == 1
    assert [each.path for each in gate.passed if each.method == "POST"] == ["/v1/recordings"]
    assert hashes(service) == [hash_of(path)]


def test_an_upload_that_expired_is_begun_anew(service: Service, gate: Gate, path: Path) -> None:
    def expire(request: Request) -> Reply | None:
        if is_patch(request, 3):
            with psycopg.connect(service.database_url) as connection:
                connection.execute("UPDATE uploads SET expires_at = now() - interval '1 minute' WHERE state = 'open'")
        return None

    gate.plan = expire
    code, answers, said = submit(gate, path)
    assert (code, answers[0]["sha256"]) == (0, hash_of(path)), said
    assert hashes(service) == [hash_of(path)]


def test_a_wrong_option_is_told_before_the_bytes_are_sent(service: Service, gate: Gate, path: Path) -> None:
    code, answers, said = submit(gate, path, "--pack", "nightingales")
    assert (code, answers) == (1, [])
    assert "nightingales" in said
    assert gate.body_bytes < PIECE_BYTES
    assert httpx.get(f"{service.api.status_url}/v1/recordings", timeout=60).json()["items"] == []
