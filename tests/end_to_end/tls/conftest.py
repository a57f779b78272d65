"""An API that people reach by Caddy only."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.end_to_end.service import Deployable, Service
from tests.servers.caddy import Caddy, choose_public_url, run_caddy
from tests.servers.postgres import PostgresServer

BURST = 60


@dataclass(frozen=True)
class Site:
    """The service with TLS, and a key to it."""

    caddy: Caddy
    api: Deployable
    key: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@pytest.fixture(scope="module")
def site(postgres_server: PostgresServer, packs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An API alone: what is taken in waits for a worker. It trusts its proxy by name, as in docker-compose.yml."""
    folder, public_url = tmp_path_factory.mktemp("tls"), choose_public_url()
    url = postgres_server.make_database()
    service = Service(folder, url, "amqp://nowhere", packs_dir, f"file://{folder}/audio")
    try:
        api = service.start(
            "api", public_url=public_url, trusted_proxies="localhost", request_burst=str(BURST), requests_per_s="0.1"
        )
        with Database(url) as database:
            key = create_key(database, "station", ("read", "upload"))[1]
        with run_caddy(api.port, folder / "caddy", public_url) as caddy:
            yield Site(caddy, api, key)
    finally:
        service.close()
        shutil.rmtree(folder / "audio", ignore_errors=True)  # gigabytes
        postgres_server.drop_database(url)


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with site.caddy.open_client() as client:
        client.headers.update(site.bearer)
        yield client
