"""Each process serves its metrics on a port of its own, and says so where it cannot."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.service import wait_until
from tests.servers.ports import find_free_ports

PORTS = range(9200, 9900)


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """Return that of a process whose servers are all away: it starts nevertheless."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CHORUS_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere",
        "CHORUS_BROKER_URL": "amqp://127.0.0.1:1/",
        "CHORUS_STORE_URL": folder.as_uri(),
        "CHORUS_CACHE_DIR": str(folder / "cache"),
    } | {f"CHORUS_{name.upper()}": str(value) for name, value in settings.items()}


@contextmanager
def run(module: str, folder: Path, **settings: object) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", f"dawn_chorus.{module}"],
        env=environment(folder, **settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def status_of(url: str) -> int:
    try:
        return httpx.get(url, timeout=30).status_code
    except httpx.TransportError:
        return 0


@pytest.mark.parametrize("module", ["api", "relay", "worker"])
def test_a_status_port_that_is_taken_ends_the_process_with_one_line_that_says_what_to_do(
    module: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with run(module, tmp_path, port=0, status_port=port) as process:
            said, _ = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert "Traceback" not in said
    line = json.loads(said.splitlines()[-1])
    assert line["event"].lower() == f"{module} cannot start"
    assert line["reason"] == (
        f"no status at 127.0.0.1:{port}: Address already in use; choose another port: CHORUS_STATUS_PORT"
    )


def test_the_api_serves_its_metrics_on_their_own_port_only(tmp_path: Path) -> None:
    port, status_port = find_free_ports(2, PORTS)
    public, private = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{status_port}"
    with run("api", tmp_path, port=port, status_port=status_port):
        wait_until(lambda: status_of(f"{public}/health/live") == 200, "the API is live")
        assert status_of(f"{public}/metrics") == 404
        text = httpx.get(f"{private}/metrics", timeout=30).text
        assert 'chorus_api_requests_total{method="GET",route="/health/live",status="200"}' in text
        assert 'chorus_store_bytes{space="free"}' in text
        # Of both ports one asks as well as of the other; here the database is away.
        assert [status_of(f"{url}/health/live") for url in (public, private)] == [200, 200]
        assert [status_of(f"{url}/health/ready") for url in (public, private)] == [503, 503]
        found = httpx.get(f"{private}/health/ready", timeout=30).json()["down"]
        assert set(found) == {"database", "migrations"}
        assert [status_of(f"{public}{page}") for page in ("/docs", "/openapi.json")] == [200, 200]
        assert [status_of(f"{private}{path}") for path in ("/v1/recordings", "/docs", "/openapi.json")] == [404] * 3
