"""Bring the schema up to date, with yoyo: each file in `adapters/postgres/migrations` once, in order."""

from pathlib import Path

import psycopg
from yoyo import get_backend, read_migrations

from dawn_chorus.adapters.postgres.database import translated_errors

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x43484F52
"""Number of the advisory lock. Unlike yoyo's lock table it is gone with the connection of a migrator that died."""


def migrate(url: str) -> list[str]:
    """Apply what is missing; return the names of the migrations applied. Of many at once, one works and the rest wait.

    Raises TransientError when the server is away.
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
    """Name the last migration applied; None: none yet."""
    with translated_errors(), psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('_yoyo_migration')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT max(migration_id) FROM _yoyo_migration").fetchone()
        return str(row[0]) if row and row[0] else None


def _yoyo_url(url: str) -> str:
    _, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}"
