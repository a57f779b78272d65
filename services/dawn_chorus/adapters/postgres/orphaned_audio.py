"""Bytes in the audio store that no recording promises: written down until they are deleted, so that none are forgotten.

They are written down before an upload stores the first of them, and in the transaction in which a recording lets go of
them. While bytes are deleted their row is locked: an upload that comes to its end meanwhile finds it gone, and fails.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.domain.errors import PermanentError, TransientError
from dawn_chorus.domain.ports import AudioStore

_sql = load_queries("orphaned_audio")
_BATCH = 50
_DELETES_AT_ONCE = 8
"""Each is a round trip to the bucket."""
_GRACE_S = 86_400.0
_SAMPLE = 20

Delete = Callable[[str], None]
"""Removes the bytes under a store key; a key that is not there is no error. Safe to call from many threads."""


class UploadExpired(TransientError):
    """What was announced is no recording yet after a day, and was given up; its bytes are nobody's."""

    def __init__(self) -> None:
        super().__init__("the upload took longer than a day and was given up")


class Freed(NamedTuple):
    """What was deleted."""

    files: int
    size_bytes: int
    """As far as it is known: not of uploads that broke off."""


def reserve_audio(database: Database, store_key: str) -> None:
    """Write down what is about to be stored; unless it is promised within a day it is deleted."""
    with database.transaction() as connection:
        _sql.reserve(connection, store_key=store_key, grace_s=_GRACE_S)


def claim_audio(connection: Connection, store_key: str) -> None:
    """Keep what was announced, from the end of the transaction on. Raises UploadExpired where it was given up."""
    if not _sql.claim(connection, store_key=store_key):
        raise UploadExpired


def release_audio(database: Database, delete: Delete, store_key: str) -> None:
    """Delete bytes that are nobody's for certain, and strike them off. No connection is held while the store works."""
    delete(store_key)
    with database.transaction() as connection:
        _sql.release(connection, store_keys=[store_key])


def delete_orphans(database: Database, delete: Delete) -> Freed:
    """Delete all that is due, some at a time; what cannot be deleted stays due.

    Raises, at the end, what the first one failed of.
    """
    freed = Freed(0, 0)
    failures: dict[str, TransientError] = {}
    while True:
        with database.transaction() as connection:
            due = list(_sql.take_due(connection, n=_BATCH, but=list(failures)))
            failures |= _delete_all(delete, [row["store_key"] for row in due])
            gone = [row for row in due if row["store_key"] not in failures]
            _sql.release(connection, store_keys=[row["store_key"] for row in gone])
        if not due:
            break
        freed = Freed(freed.files + len(gone), freed.size_bytes + sum(row["size_bytes"] for row in gone))
    for failure in failures.values():
        raise failure
    return freed


def _delete_all(delete: Delete, store_keys: Sequence[str]) -> dict[str, TransientError]:
    """Return what failed."""

    def attempt(store_key: str) -> TransientError | None:
        try:
            delete(store_key)
        except TransientError as error:
            return error
        return None

    with ThreadPoolExecutor(_DELETES_AT_ONCE) as pool:
        outcomes = zip(store_keys, pool.map(attempt, store_keys), strict=True)
        return {store_key: error for store_key, error in outcomes if error is not None}


def check_store(database: Database, store: AudioStore) -> None:
    """Raise PermanentError for a store that seems to be another service's, or not mounted.

    A key that is not there is no error: in such a store all would seem to be deleted well.
    """
    with database.transaction() as connection:
        store_keys = [row["store_key"] for row in _sql.newest_store_keys(connection, n=_SAMPLE)]
    if store_keys and not any(_holds(store, store_key) for store_key in store_keys):
        raise PermanentError(
            f"the audio store has none of the {len(store_keys)} newest recordings: is CHORUS_STORE_URL that of the API?"
        )


def _holds(store: AudioStore, store_key: str) -> bool:
    try:
        next(store.read(store_key, 0, 1), b"")
    except PermanentError:
        return False
    return True
