"""A service that all tests of a file share: what one has left is taken away before the next."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import wait_until
from tests.servers.api import StartedApi, run_api
from tests.servers.postgres import PostgresServer

_TABLES = "recordings, uploads, api_keys, idempotency_keys, audio_to_delete, changes, thresholds, exports"
"""With those that refer to them."""
_MANY = 1_000_000


@dataclass(frozen=True)
class KeptApi:
    """Starting one, and a database, for each takes more than most tests do."""

    api: StartedApi
    database: Database
    store_dir: Path

    def clear(self) -> None:
        """Take away all rows, files and cookies, once nothing is done in the background any more."""
        wait_until(lambda: not self.api.background)
        with self.database.transaction() as connection:
            connection.execute(f"TRUNCATE {_TABLES} CASCADE")
        for path in self.store_dir.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.api.client.cookies.clear()


@contextmanager
def keep_api(server: PostgresServer, folder: Path, **settings: Any) -> Iterator[KeptApi]:
    """Start a service on a database of its own and a store in the folder; it limits no rates."""
    url, store_dir = server.make_database(), folder / "store"
    unlimited = {"requests_per_s": _MANY, "request_burst": _MANY}
    store = open_audio_store(store_dir.as_uri())
    with Database(url, max_size=8) as database, run_api(database, store, **unlimited | settings) as api:
        yield KeptApi(api, database, store_dir)
    server.drop_database(url)
