"""Resumable uploads: rows of parts that add up to a file, and what becomes of it.

`open` until the last byte is here, then `joining`, then `ready` with one object in the store; it ends as `used`,
`expired`, `terminated` or `broken`. A part counts from the commit of its row on; its key was reserved before
(`orphaned_audio`), so that whatever dies between leaves no bytes. The whole file stays reserved until it is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.orphaned_audio import UploadExpired
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.errors import Conflict, NotFound, UploadGone, WrongOffset

_sql = load_queries("uploads")


class UploadState(StrEnum):
    """The life of an upload."""

    OPEN = "open"
    JOINING = "joining"
    READY = "ready"
    USED = "used"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    BROKEN = "broken"


_ENDED = {
    UploadState.USED: "",
    UploadState.EXPIRED: "expired, and its bytes were deleted",
    UploadState.TERMINATED: "was deleted",
    UploadState.BROKEN: "lost bytes in the store",
}


@dataclass(frozen=True, slots=True)
class ResumableUpload:
    """A file that arrives in parts."""

    id: UUID
    filename: str
    size_bytes: int
    """Of the whole file."""
    metadata: str
    """`Upload-Metadata` as it was sent; may be empty."""
    state: UploadState
    expires_at: datetime
    received_bytes: int
    parts: int
    store_key: str | None
    """Of the whole file; None: it is not ready."""
    sha256: str | None
    recording_id: UUID | None


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of an upload, under a key of their own in the store."""

    start_byte: int
    size_bytes: int
    number: int
    """From 1."""
    store_key: str

    @property
    def end_byte(self) -> int:
        return self.start_byte + self.size_bytes


def create_upload(
    database: Database, size_bytes: int, filename: str, metadata: str, *, ttl_s: float
) -> ResumableUpload:
    """Write a new upload without bytes; its random id is all that is needed to go on with it."""
    upload_id = uuid4()
    with database.statement() as connection:
        expires_at = _sql.create(
            connection, upload_id=upload_id, size_bytes=size_bytes, filename=filename, metadata=metadata, ttl_s=ttl_s
        )
    state = UploadState.OPEN if size_bytes else UploadState.JOINING
    return ResumableUpload(upload_id, filename, size_bytes, metadata, state, expires_at, 0, 0, None, None, None)


def get_upload(database: Database, upload_id: UUID) -> ResumableUpload:
    """Return an upload that goes on or is whole. Raises NotFound for an unknown id, UploadGone for one that ended."""
    with database.statement() as connection:
        row = _sql.get_upload(connection, upload_id=upload_id)
    if row is None:
        raise _unknown(upload_id)
    _check_alive(row)
    return read_upload(row, row["received_bytes"], row["parts"])


def list_parts(database: Database, upload_id: UUID) -> tuple[Part, ...]:
    """Return the parts that count, in order; none once the upload is joined."""
    with database.statement() as connection:
        return tuple(Part(**row) for row in _sql.list_parts(connection, upload_id=upload_id))


def add_parts(database: Database, upload_id: UUID, parts: Sequence[Part], *, ttl_s: float) -> ResumableUpload:
    """Let stored parts count, all or none, and return the upload as it is then.

    Their keys were reserved with `reserve_audio`. Raises WrongOffset if other bytes were faster, UploadGone if the
    upload ended meanwhile, UploadExpired if the reservation did.
    """
    with database.transaction() as connection:
        locked = _lock_alive(connection, upload_id)
        received_bytes, number = _count(connection, locked)
        if (
            locked["state"] != UploadState.OPEN
            or received_bytes != parts[0].start_byte
            or number + 1 != parts[0].number
        ):
            raise wrong_offset(received_bytes)
        keys = [part.store_key for part in parts]
        added = _sql.add_parts(
            connection,
            upload_id=upload_id,
            starts=[part.start_byte for part in parts],
            sizes=[part.size_bytes for part in parts],
            numbers=[part.number for part in parts],
            store_keys=keys,
        )
        if added != len(parts):
            raise wrong_offset(received_bytes)
        if _sql.claim_parts(connection, store_keys=keys) != len(parts):
            raise UploadExpired
        row = _sql.note_arrival(connection, upload_id=upload_id, end_byte=parts[-1].end_byte, ttl_s=ttl_s)
    return read_upload(row, parts[-1].end_byte, parts[-1].number)


def hurry_orphans(database: Database, store_keys: Sequence[str]) -> None:
    """Let the reserved bytes of parts that will never count be deleted now rather than in a day."""
    with database.statement() as connection:
        _sql.hurry(connection, store_keys=list(store_keys))


def terminate_upload(database: Database, upload_id: UUID, *, ttl_s: float) -> None:
    """End an upload and list its bytes for deletion. Raises NotFound and UploadGone."""
    with database.transaction() as connection:
        _lock_alive(connection, upload_id)
        end_upload(connection, upload_id, UploadState.TERMINATED, ttl_s)


def expire_uploads(database: Database, *, ttl_s: float, most: int = 100) -> int:
    """End uploads whose time is over and list their bytes for deletion; return how many there were, at most `most`."""
    with database.transaction() as connection:
        expired = [row["id"] for row in _sql.lock_expired(connection, n=most)]
        for upload_id in expired:
            end_upload(connection, upload_id, UploadState.EXPIRED, ttl_s)
        if len(expired) < most:
            _sql.forget_ended(connection)
    return len(expired)


def lock_ready(connection: Connection, upload_id: UUID) -> None:
    """Keep a whole upload from being used or ended by others until the end of the transaction. Raises UploadGone."""
    row = _lock_alive(connection, upload_id)
    if row["state"] != UploadState.READY:
        raise Conflict("this upload is not complete")


def mark_used(connection: Connection, upload_id: UUID, recording_id: UUID, *, ttl_s: float = 7 * 86_400.0) -> None:
    """End a locked upload whose bytes became a recording, or were known; the latter are listed for deletion."""
    _sql.orphan_whole(connection, upload_id=upload_id)
    _sql.end_upload(connection, upload_id=upload_id, state=UploadState.USED, ttl_s=ttl_s, recording_id=recording_id)


def end_upload(connection: Connection, upload_id: UUID, state: UploadState, ttl_s: float) -> None:
    """End a locked upload and list its bytes for deletion; its row goes `ttl_s` later."""
    _sql.orphan_parts(connection, upload_id=upload_id)
    _sql.orphan_whole(connection, upload_id=upload_id)
    _sql.end_upload(connection, upload_id=upload_id, state=state, ttl_s=ttl_s, recording_id=None)


def _count(connection: Connection, row: Row) -> tuple[int, int]:
    """Return where the bytes of a locked upload end, and the number of its last part."""
    if row["state"] != UploadState.OPEN:
        return row["size_bytes"], 0
    last = _sql.last_part(connection, upload_id=row["id"])
    return (0, 0) if last is None else (last["end_byte"], last["number"])


def _lock_alive(connection: Connection, upload_id: UUID) -> Row:
    row: Row | None = _sql.lock_upload(connection, upload_id=upload_id)
    if row is None:
        raise _unknown(upload_id)
    _check_alive(row)
    return row


def _check_alive(row: Row) -> None:
    state = UploadState(row["state"])
    if state in _ENDED:
        raise _gone(state, row["recording_id"])
    if row["is_past"] and state is not UploadState.JOINING:
        raise _gone(UploadState.EXPIRED)


def _gone(state: UploadState, recording_id: UUID | None = None) -> UploadGone:
    if state is UploadState.USED:
        return UploadGone(f"This upload became recording {recording_id}", recording_id)
    return UploadGone(f"This upload {_ENDED[state]}: begin a new one")


def wrong_offset(received_bytes: int) -> WrongOffset:
    return WrongOffset(f"{received_bytes} bytes of this upload are here: go on with Upload-Offset: {received_bytes}")


def _unknown(upload_id: UUID) -> NotFound:
    return NotFound(f"no upload {upload_id}")


def read_upload(row: Row, received_bytes: int, parts: int) -> ResumableUpload:
    """Return the upload of a row, with what its parts add up to while it is open."""
    state = UploadState(row["state"])
    return ResumableUpload(
        id=row["id"],
        filename=row["filename"],
        size_bytes=row["size_bytes"],
        metadata=row["metadata"],
        state=state,
        expires_at=row["expires_at"],
        received_bytes=received_bytes if state is UploadState.OPEN else row["size_bytes"],
        parts=parts,
        store_key=row["store_key"],
        sha256=row["sha256"],
        recording_id=row["recording_id"],
    )
