"""What an operator wants to know of the database, asked by connections of their own; all of it is read only."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg

from dawn_chorus.adapters.postgres.database import Connection, Database, translated_errors
from dawn_chorus.adapters.postgres.migrate import newest_migration, read_schema_version
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.waiting import SEEN_S, Waiting, measure_waiting
from dawn_chorus.domain.errors import PermanentError

_sql = load_queries("inspection")


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """The server, and the schema in the database."""

    version: str
    schema: str | None
    """The name of the last migration that was applied; None: none was."""
    needed: str
    """The name of the last migration that this version has."""
    size_bytes: int
    is_read_only: bool
    connections: int
    max_connections: int
    latency_s: float
    """How long the server takes to answer a question that costs nothing."""


@dataclass(frozen=True, slots=True)
class WorkFacts:
    """Who works, what is left, and what was given up."""

    waiting: Waiting
    silent_workers: tuple[tuple[str, float], ...]
    """Name and seconds of silence of workers that did not say good-bye."""
    dead_letters: int
    """Those that were not requeued yet."""
    keys: int
    """API keys that were not revoked."""


def inspect_database(url: str, *, wait_s: float) -> DatabaseFacts:
    """Return how the database is. Raises TransientError if it does not answer, PermanentError for what is no URL."""
    with _connected(url, wait_s) as connection:
        row = _sql.describe(connection)
        begun_s = time.perf_counter()
        connection.execute("SELECT 1")
        latency_s = time.perf_counter() - begun_s
        return DatabaseFacts(
            **row, schema=read_schema_version(connection), needed=newest_migration(), latency_s=latency_s
        )


def read_clock(url: str, *, wait_s: float) -> datetime:
    """Return the server's time. Raises as `inspect_database`."""
    with _connected(url, wait_s) as connection:
        now: datetime = _sql.read_clock(connection)
        return now


def inspect_work(url: str, *, wait_s: float) -> WorkFacts:
    """Return who works on what. Raises as `inspect_database`; PermanentError too for another version's schema."""
    with _connected(url, wait_s) as connection:
        silent = tuple((row["name"], row["silent_s"]) for row in _sql.silent_workers(connection, seen_s=SEEN_S))
        counts = _sql.count_for_people(connection)
    with Database(url, max_size=1, wait_s=wait_s) as database:
        return WorkFacts(waiting=measure_waiting(database), silent_workers=silent, **counts)


@contextmanager
def _connected(url: str, wait_s: float) -> Iterator[Connection]:
    try:
        connection = Database(url, wait_s=wait_s).connect()
    except psycopg.ProgrammingError as error:  # its message repeats the URL
        raise PermanentError(
            "CHORUS_DATABASE_URL is no URL of PostgreSQL: write postgresql://USER:PASSWORD@HOST:5432/DATABASE"
        ) from error
    with closing(connection), translated_errors():
        connection.execute(f"SET statement_timeout = {round(wait_s * 1000)}")
        try:
            yield connection
        except psycopg.errors.SyntaxErrorOrAccessRuleViolation as error:
            reason = str(error).partition("\n")[0]
            raise PermanentError(f"the schema is another version's, or not for this user: {reason}") from error
