"""Updates the schema with yoyo: applies each file in `adapters/postgres/migrations` once, in order."""

from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from yoyo import get_backend, read_migrations

from dawn_chorus.adapters.postgres.database import translated_errors

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x43484F52
"""Number of the advisory lock. Unlike yoyo's lock table, it is released when the connection of a migrator is lost."""


def migrate(url: str) -> list[str]:
    """Apply the missing migrations; return their names. Of concurrent calls, one applies them and the others wait.

    Raises TransientError if the server is unavailable.
    """
    with translated_errors(), psycopg.connect(url, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        backend = get_backend(_yoyo_url(url))
        try:
            missing = backend.to_apply(read_migrations(str(MIGRATIONS)))
            backend.apply_migrations(missing)
            return [migration.id for migration in missing]
        finally:
            backend.connection.close()


def schema_version(url: str) -> str | None:
    """Return the name of the last migration applied; None: none yet."""
    with translated_errors(), psycopg.connect(url) as connection:
        return read_schema_version(connection)


def read_schema_version(connection: psycopg.Connection[Any]) -> str | None:
    """Return as `schema_version`, by a connection that is open."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        if cursor.execute("SELECT to_regclass('_yoyo_migration')").fetchone() == (None,):
            return None
        row = cursor.execute("SELECT max(migration_id) FROM _yoyo_migration").fetchone()
        return str(row[0]) if row and row[0] else None


def newest_migration() -> str:
    """Return the name of the last migration that this version has."""
    return max(path.stem for path in MIGRATIONS.glob("*.sql"))


def _yoyo_url(url: str) -> str:
    _, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}"
