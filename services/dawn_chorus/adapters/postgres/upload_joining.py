"""The joining of a whole upload's parts into one object, by one process at a time: whoever holds a lease on its row.

A process that dies, or hangs, loses the lease, and another joins the parts anew under another key. Only whoever still
holds it can make the upload ready, so its parts are never given up for a file that is not whole.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.orphaned_audio import UploadExpired
from dawn_chorus.adapters.postgres.uploads import Part, ResumableUpload, UploadState, end_upload, read_upload

_sql = load_queries("uploads")
_RESERVED_S = 86_400.0
_GRACE_S = 3600.0
"""The bytes of a whole file outlive its row's expiry by this: whoever finds it ready can still use it."""


@dataclass(frozen=True, slots=True)
class Joining:
    """The right to join the parts of an upload, for as long as it is renewed."""

    upload: ResumableUpload
    joiner: UUID
    parts: tuple[Part, ...]


def find_unjoined(database: Database, *, most: int = 10) -> list[UUID]:
    """Return uploads that are whole and that nobody joins."""
    with database.statement() as connection:
        return [row["id"] for row in _sql.find_unjoined(connection, n=most)]


def begin_joining(database: Database, upload_id: UUID, *, lease_s: float) -> Joining | None:
    """Take the right to join an upload; None: there is nothing to join, or somebody else does."""
    joiner = uuid4()
    with database.transaction() as connection:
        row = _sql.begin_joining(connection, upload_id=upload_id, joiner=joiner, lease_s=lease_s)
        if row is None:
            return None
        parts = tuple(Part(**part) for part in _sql.list_parts(connection, upload_id=upload_id))
    return Joining(read_upload(row, row["size_bytes"], len(parts)), joiner, parts)


def renew_joining(database: Database, joining: Joining, store_key: str, *, lease_s: float) -> bool:
    """Hold the lease, and the reserved key, for longer; return whether the right to join is still there.

    A renewal that comes late, once the upload is ready, leaves the key alone: it is kept until the upload expires.
    """
    with database.transaction() as connection:
        # The upload's row first, as everywhere, so that none waits in a circle.
        held = _sql.renew_lease(connection, upload_id=joining.upload.id, joiner=joining.joiner, lease_s=lease_s)
        if held:
            _sql.renew_reservation(connection, store_key=store_key, grace_s=_RESERVED_S)
    return bool(held)


def give_up_joining(database: Database, joining: Joining) -> None:
    """Let others join the upload now."""
    with database.statement() as connection:
        _sql.give_up_lease(connection, upload_id=joining.upload.id, joiner=joining.joiner)


def break_off_joining(database: Database, joining: Joining, *, ttl_s: float) -> bool:
    """End an upload that can never be joined; return False if it ended, or somebody else joins it by now."""
    with database.transaction() as connection:
        row = _sql.lock_upload(connection, upload_id=joining.upload.id)
        if row is None or row["joiner"] != joining.joiner:
            return False
        end_upload(connection, joining.upload.id, UploadState.BROKEN, ttl_s)
    return True


def finish_joining(database: Database, joining: Joining, store_key: str, sha256: str) -> bool:
    """Make the upload ready, and list its parts for deletion; return whether the right to join was still there.

    The reserved whole file stays reserved until shortly after the upload expires. Raises UploadExpired if it was not.
    """
    with database.transaction() as connection:
        ids = {"upload_id": joining.upload.id}
        if _sql.finish_joining(connection, **ids, joiner=joining.joiner, store_key=store_key, sha256=sha256) is None:
            return False
        if not _sql.keep_until_expiry(connection, **ids, grace_s=_GRACE_S):
            raise UploadExpired
        _sql.orphan_parts(connection, **ids)
    return True
