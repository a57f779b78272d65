"""Bytes in the audio store that belong to no recording: listed in a table until they are deleted, so that none remain.

An upload reserves its store key before it stores the first byte, and claims it when the recording is created. When a
recording or its audio is removed, the same transaction lists its key again. While bytes are deleted their row is
locked: an upload that would claim them meanwhile finds the row gone, and fails.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from dawn_chorus.adapters.postgres.database import Connection, Database, run_prepared
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.domain.errors import PermanentError, TransientError
from dawn_chorus.domain.ports import AudioStore

_sql = load_queries("orphaned_audio")
_BATCH = 50
_DELETES_AT_ONCE = 8
"""Each delete is a round trip to the bucket."""
_GRACE_S = 86_400.0
_SAMPLE = 20

Delete = Callable[[str], None]
"""Deletes the bytes under a store key; an unknown key is not an error. Safe to call from many threads."""


class UploadExpired(TransientError):
    """The reserved bytes were not claimed within a day and were deleted."""

    def __init__(self) -> None:
        super().__init__("the upload took longer than a day and was discarded")


class Freed(NamedTuple):
    """What was deleted."""

    files: int
    size_bytes: int
    """Without the bytes of interrupted uploads, whose size is not known."""


def reserve_audio(database: Database, store_key: str) -> None:
    """List a key before its bytes are stored; they are deleted unless they are claimed within a day."""
    with database.statement() as connection:
        run_prepared(connection, _sql.reserve, store_key=store_key, grace_s=_GRACE_S)


def claim_audio(connection: Connection, store_key: str) -> None:
    """Remove a reserved key from the list, because a recording owns it now. Raises UploadExpired if it was deleted."""
    if not _sql.claim(connection, store_key=store_key):
        raise UploadExpired


def release_audio(database: Database, delete: Delete, store_key: str) -> None:
    """Delete bytes that no recording can claim any more, and their row. Holds no connection during the delete."""
    delete(store_key)
    with database.transaction() as connection:
        _sql.release(connection, store_keys=[store_key])


def delete_orphans(database: Database, delete: Delete) -> Freed:
    """Delete all orphaned bytes, in batches; those that cannot be deleted stay listed.

    Raises the first failure, after all others have been tried.
    """
    freed = Freed(0, 0)
    failures: dict[str, TransientError] = {}
    while True:
        with database.transaction() as connection:
            orphans = list(_sql.lock_orphans(connection, n=_BATCH, exclude=list(failures)))
            failures |= _delete_all(delete, [row["store_key"] for row in orphans])
            deleted = [row for row in orphans if row["store_key"] not in failures]
            _sql.release(connection, store_keys=[row["store_key"] for row in deleted])
        if not orphans:
            break
        freed = Freed(freed.files + len(deleted), freed.size_bytes + sum(row["size_bytes"] for row in deleted))
    for failure in failures.values():
        raise failure
    return freed


def _delete_all(delete: Delete, store_keys: Sequence[str]) -> dict[str, TransientError]:
    """Return the errors by store key."""

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
    """Raise PermanentError if the store seems to belong to another service, or not to be mounted.

    Deleting an unknown key is not an error, so in such a store every delete would seem to succeed.
    """
    with database.transaction() as connection:
        store_keys = [row["store_key"] for row in _sql.newest_store_keys(connection, n=_SAMPLE)]
    if store_keys and not any(_has_audio(store, store_key) for store_key in store_keys):
        raise PermanentError(
            f"the audio store has none of the {len(store_keys)} newest recordings: is CHORUS_STORE_URL that of the API?"
        )


def _has_audio(store: AudioStore, store_key: str) -> bool:
    try:
        next(store.read(store_key, 0, 1), b"")
    except PermanentError:
        return False
    return True
