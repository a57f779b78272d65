"""The API behind a real socket: uvicorn in a thread, on a port of its own."""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import httpx
import pytest
import uvicorn
from prometheus_client import generate_latest

from dawn_chorus.adapters.audio_store import ObjectAudioStore, open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.app import create_app
from dawn_chorus.api.serving import make_config
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.domain.ports import AudioStore
from tests.servers.kept_decoders import keep_decoders
from tests.servers.postgres import PostgresServer


class StartedApi:
    """A running API; `client` talks to it as anybody would."""

    def __init__(self, port: int, client: httpx.Client, background: Collection[object]) -> None:
        self.port = port
        self.background = background
        """What it does for requests that were answered; changes from its thread."""
        self.client = client
        self.url = str(client.base_url)


@contextmanager
def run_api(database: Database, store: AudioStore, **settings: Any) -> Iterator[StartedApi]:
    read = ApiSettings(**{"port": 0, "shutdown_s": 1, **settings})
    app = create_app(read, database, store)
    server = uvicorn.Server(make_config(app, read))
    thread = Thread(target=server.run, daemon=True)
    with keep_decoders() as leave_decoders:
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the API did not start"
            sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield StartedApi(port, client, app.state.dependencies.background)
        leave_decoders()
        server.should_exit = True
        thread.join(timeout=30)


def read_metrics() -> str:
    """Return the metrics of this process, in which the API runs: none are served on its port."""
    return generate_latest().decode()


StartApi = Callable[..., StartedApi]


@pytest.fixture
def store_dir(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(store_dir: Path) -> ObjectAudioStore:
    return open_audio_store(store_dir.as_uri())


@pytest.fixture
def start_api(database: Database, store: ObjectAudioStore) -> Iterator[StartApi]:
    """Start APIs with settings of the test's own, on one database and one store."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(run_api(database, store, **settings))


@pytest.fixture
def api(start_api: StartApi) -> StartedApi:
    return start_api()


@pytest.fixture
def client(api: StartedApi) -> httpx.Client:
    return api.client


@pytest.fixture(scope="module")
def door(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartedApi]:
    """A service that no test of a file changes."""
    url = postgres_server.make_database()
    store = open_audio_store(tmp_path_factory.mktemp("store").as_uri())
    with Database(url) as database, run_api(database, store) as api:
        yield api
    postgres_server.drop_database(url)
