"""The making of exports, by one process at a time: whoever holds a lease on its row.

A process that dies, or hangs, loses the lease, and another makes the export anew under another key. Only whoever still
holds it can make the export ready. Attempts are counted when they begin, so that one that kills its process ends.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.exports import Export, read_export
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.orphaned_audio import UploadExpired

MOST_ATTEMPTS = 3
_GRACE_S = 3600.0
"""The file outlives the export by this: whoever began to read it can end."""
_RESERVED_S = 86_400.0
_sql = load_queries("exports")
_keys = load_queries("uploads")


@dataclass(frozen=True, slots=True)
class Making:
    """The right to make an export, for as long as it is renewed."""

    export: Export
    maker: UUID


@dataclass(slots=True)
class Progress:
    """How far an export is."""

    total: int | None = None
    done: int = 0
    left_out: int = 0


def find_unmade(database: Database, *, most: int = 30) -> list[UUID]:
    """Return exports that nobody makes, oldest first."""
    with database.statement() as connection:
        return [row["id"] for row in _sql.find_unmade(connection, n=most)]


def begin_making(database: Database, export_id: UUID, *, lease_s: float) -> Making | None:
    """Take the right to make an export; None: it has ended, or somebody else makes it."""
    maker = uuid4()
    with database.statement() as connection:
        row = _sql.begin_making(
            connection, export_id=export_id, maker=maker, lease_s=lease_s, most_attempts=MOST_ATTEMPTS
        )
    return None if row is None else Making(read_export(row), maker)


def renew_making(database: Database, making: Making, progress: Progress, store_key: str, *, lease_s: float) -> bool:
    """Hold the lease, and the reserved key, for longer; return whether the right to make it is still there."""
    with database.transaction() as connection:
        held = _sql.renew_making(connection, **_ids(making), lease_s=lease_s, **_counts(progress))
        if held:
            _keys.renew_reservation(connection, store_key=store_key, grace_s=_RESERVED_S)
    return bool(held)


def give_up_making(database: Database, making: Making, *, counted: bool = True) -> None:
    """Let others make it now; `counted`: as one of its attempts."""
    with database.statement() as connection:
        _sql.give_up_making(connection, **_ids(making), counted=counted)


def finish_making(
    database: Database,
    making: Making,
    progress: Progress,
    *,
    store_key: str,
    filename: str,
    size_bytes: int,
    kept_s: float,
) -> bool:
    """Make the export ready; return whether the right to make it was still there.

    Raises UploadExpired if the reserved key was deleted meanwhile.
    """
    with database.transaction() as connection:
        file = {"store_key": store_key, "filename": filename, "size_bytes": size_bytes}
        if _sql.finish_making(connection, **_ids(making), **_counts(progress), **file, kept_s=kept_s) is None:
            return False
        if not _sql.keep_until_expiry(connection, export_id=making.export.id, grace_s=_GRACE_S):
            raise UploadExpired
    return True


def fail_making(database: Database, making: Making, error: str) -> None:
    """End an export that cannot be made, with the reason."""
    with database.statement() as connection:
        _sql.fail_making(connection, **_ids(making), error=error)


def fail_exhausted(database: Database) -> int:
    """End exports that were tried often enough, and that nobody makes; return how many."""
    error = f"given up after {MOST_ATTEMPTS} attempts, in each of which the service ended or was cut off: ask for less"
    with database.statement() as connection:
        count: int = _sql.fail_exhausted(connection, most_attempts=MOST_ATTEMPTS, error=error)
    return count


def _ids(making: Making) -> dict[str, UUID]:
    return {"export_id": making.export.id, "maker": making.maker}


def _counts(progress: Progress) -> dict[str, int | None]:
    return {"total": progress.total, "done": progress.done, "left_out": progress.left_out}
