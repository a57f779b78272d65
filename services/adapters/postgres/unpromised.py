"""Bytes in the audio store that no recording promises: written down until they are deleted, so that none are forgotten.

They are written down before an upload stores the first of them, and in the transaction in which a recording lets go of
them. While bytes are deleted their row is locked: an upload that comes to its end meanwhile finds it gone, and fails.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from services.adapters.postgres.database import Connection, Database
from services.adapters.postgres.queries import load_queries
from services.domain.errors import TransientError

_sql = load_queries("unpromised")
_BATCH = 50
_DELETES_AT_ONCE = 8
"""Each is a round trip to the bucket."""
_PATIENCE_S = 86_400.0

Delete = Callable[[str], None]
"""Removes the bytes under a store key; a key that is not there is no error. Safe to call from many threads."""


class Freed(NamedTuple):
    """What was deleted."""

    files: int
    size_bytes: int
    """As far as it is known: not of uploads that broke off."""


def announce_audio(database: Database, store_key: str) -> None:
    """Write down what is about to be stored; unless it is promised within a day it is deleted."""
    with database.transaction() as connection:
        _sql.announce(connection, store_key=store_key, patience_s=_PATIENCE_S)


def promise_audio(connection: Connection, store_key: str) -> None:
    """Keep what was announced, from the end of the transaction on. Raises TransientError where it was deleted."""
    if not _sql.promise(connection, store_key=store_key):
        raise TransientError("the upload took longer than a day, and what came of it was removed")


def delete_audio(database: Database, delete: Delete, store_key: str) -> None:
    """Delete what is written down under this key, due or not; nothing where it is promised, or deleted already."""
    with database.transaction() as connection:
        if _sql.take(connection, store_key=store_key):
            delete(store_key)
            _sql.forget(connection, store_keys=[store_key])


def delete_unpromised(database: Database, delete: Delete) -> Freed:
    """Delete all that is due, some at a time."""
    freed = Freed(0, 0)
    while True:
        with database.transaction() as connection:
            due = list(_sql.take_due(connection, n=_BATCH))
            store_keys = [row["store_key"] for row in due]
            with ThreadPoolExecutor(_DELETES_AT_ONCE) as pool:
                list(pool.map(delete, store_keys))
            _sql.forget(connection, store_keys=store_keys)
        if not due:
            return freed
        freed = Freed(freed.files + len(due), freed.size_bytes + sum(row["size_bytes"] for row in due))
