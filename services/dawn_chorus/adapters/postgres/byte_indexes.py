"""Where frames begin in files that cannot be read from the middle, kept by the files' checksums."""

from dataclasses import asdict
from typing import Any

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.recording import ByteIndex

_sql = load_queries("byte_indexes")
NO_INDEX = ByteIndex("", 1, 0, 0, 1, ())
"""What is kept of a file that no index leads into."""


def get_byte_index(database: Database, sha256: str) -> ByteIndex | None:
    """Return the index of a file, `NO_INDEX` if it can have none; None if it has not been tried."""
    with database.statement() as connection:
        row: Row | None = _sql.get_byte_index(connection, sha256=sha256)
    return None if row is None else ByteIndex(**{**row, "positions": tuple(row["positions"])})


def save_byte_index(database: Database, sha256: str, index: ByteIndex) -> None:
    """Keep the index of a file; one that is there stays."""
    columns: dict[str, Any] = asdict(index) | {"positions": list(index.positions)}
    del columns["first_entry"]
    with database.statement() as connection:
        _sql.save_byte_index(connection, sha256=sha256, **columns)


def delete_stray_byte_indexes(database: Database) -> int:
    """Delete the indexes of files that no recording has any more; return how many."""
    with database.statement() as connection:
        deleted: int = _sql.delete_stray_byte_indexes(connection)
    return deleted
