"""Caddy with the configuration of the service `tls`, started as its container starts it."""

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.servers.ports import find_free_ports
from tests.servers.programs import find_program

DEPLOY = Path(__file__).parents[2] / "deploy" / "caddy"
_PORTS = range(9100, 9900)
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Caddy:
    """Answers HTTPS at `url`, and HTTP at `http_url`, for an API on loopback."""

    url: str
    http_url: str
    authority: Path
    process: psutil.Process

    def open_client(self, address: str = "127.0.0.1") -> httpx.Client:
        """Return a client that trusts the authority, and comes from an address of this machine."""
        trust = ssl.create_default_context(cafile=str(self.authority))
        transport = httpx.HTTPTransport(verify=trust, local_address=address)
        return httpx.Client(base_url=self.url, transport=transport, timeout=60)


def read_environment(folder: Path, public_url: str, **settings: str) -> dict[str, str]:
    """Return the environment in which the script that starts Caddy runs."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "CHORUS_CADDYFILE": str(DEPLOY / "Caddyfile"),
        "CHORUS_CERTIFICATES": str(folder / "certificates"),
        "CHORUS_PUBLIC_URL": public_url,
        **settings,
    }


def choose_public_url() -> str:
    """Return an address with a free port: the API has to be told it too."""
    return f"https://localhost:{find_free_ports(1, _PORTS)[0]}"


@contextmanager
def run_caddy(api_port: int, folder: Path, public_url: str) -> Iterator[Caddy]:
    """Run Caddy before an API, at the port that the address names."""
    folder.mkdir()
    https_port = public_url.rpartition(":")[2]
    http_port = next(port for port in find_free_ports(2, _PORTS) if str(port) != https_port)
    environment = read_environment(
        folder, public_url, CHORUS_UPSTREAM=f"127.0.0.1:{api_port}",
        CHORUS_LISTEN_HTTP=str(http_port), CHORUS_LISTEN_HTTPS=https_port,
    )  # fmt: skip
    find_program("caddy")
    shell = shutil.which("dash") or find_program("sh")
    log = folder / "caddy.log"
    with log.open("wb") as output:
        started = subprocess.Popen([shell, DEPLOY / "start"], env=environment, stdout=output, stderr=output)
    authority = folder / "data" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    try:
        _wait_for(f"http://localhost:{http_port}/", started, log)
        yield Caddy(public_url, f"http://localhost:{http_port}", authority, psutil.Process(started.pid))
    finally:
        started.terminate()
        started.wait(_PATIENCE_S)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            httpx.get(url, timeout=10)
            return
        time.sleep(0.05)
    raise AssertionError(f"Caddy does not answer:\n{log.read_text()}")
