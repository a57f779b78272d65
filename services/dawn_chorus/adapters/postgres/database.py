"""The connection pool, and the translation of PostgreSQL's errors into those of `domain.errors`."""

import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.numeric import FloatLoader
from psycopg_pool import ConnectionPool

from dawn_chorus.domain.errors import PermanentError, TransientError

Connection = psycopg.Connection[DictRow]


_KEEPALIVES = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""libpq parameters, in seconds and milliseconds: the connection to a server that stops answering is closed within half
a minute. The system's default is two hours, with a thread blocked on each connection."""


_OUTAGES = ("08", "57P", "53300")
"""SQLSTATE: connection exceptions, shutdowns and starts, too many connections."""


class Database:
    """A pool of connections to one database.

    Connections that a server's restart has broken are detected before they are handed out. `wait_s` is how long a call
    waits for a free connection, or for the server, before it raises TransientError. `prepared`: all repeated statements
    are prepared; not for lists, whose best plan depends on the filters in use. Without it only `run_prepared` prepares.
    """

    def __init__(
        self, url: str, *, min_size: int = 1, max_size: int = 8, wait_s: float = 5.0, prepared: bool = False
    ) -> None:
        self.url = url
        self._options: dict[str, Any] = {
            "row_factory": dict_row,
            "connect_timeout": max(2, round(wait_s)),
            **_KEEPALIVES,
        }
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            connection_class=psycopg.Connection[DictRow],
            kwargs={**self._options, "prepare_threshold": 2 if prepared else sys.maxsize},
            min_size=min_size,
            max_size=max_size,
            timeout=wait_s,
            # The pool doubles its pause between attempts; a short limit restarts it at the shortest pause.
            reconnect_timeout=wait_s,
            configure=_configure,
            check=self._check_connection,
            open=False,
        )

    def open(self) -> None:
        """Start connecting, in the background: the server need not be available yet."""
        self._pool.open()

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self) -> None:
        """Raise TransientError unless the server answers now."""
        with self.transaction() as connection:
            connection.execute("SELECT 1")

    def connect(self) -> Connection:
        """Open a connection outside the pool, each statement its own transaction; the caller closes it.

        It prepares nothing, unless told to: a plan made while a table is nearly empty is slow once it is full.
        """
        with translated_errors():
            connection: Connection = psycopg.connect(self.url, autocommit=True, prepare_threshold=None, **self._options)
        _configure(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection in a transaction: committed at the end, rolled back on any error."""
        with translated_errors(), self._pool.connection() as connection:
            yield connection

    @contextmanager
    def statement(self) -> Iterator[Connection]:
        """Yield a connection that commits each statement by itself, which saves two round trips for a single one."""
        with translated_errors(), self._pool.connection() as connection:
            connection.autocommit = True
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.autocommit = False

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection in a read-only transaction whose reads all see the same snapshot."""
        with self.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    def _check_connection(self, connection: Connection) -> None:
        """Check a connection; if it is broken, the others are too: replace all now, not singly with growing pauses.

        An idle server sends nothing: there is something to read only once it closed the connection, or has something to
        say first. That costs one system call, where a question would cost a round trip at every transaction.
        """
        readable = select.poll()
        readable.register(connection.fileno(), select.POLLIN)
        if not readable.poll(0):
            return
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.OperationalError:
            self._pool.drain()
            raise

    def stats(self) -> dict[str, int]:
        """Return the pool's counters, as psycopg_pool names them."""
        return self._pool.get_stats()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Translate psycopg's errors into TransientError and PermanentError."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        problem = "is unavailable" if _is_outage(error) else "broke off the transaction"
        raise TransientError(f"PostgreSQL {problem}: {_first_line(error)}") from error
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise PermanentError(f"PostgreSQL cannot store this: {_first_line(error)}") from error
    except psycopg.errors.FeatureNotSupported as error:
        # A migration added a column to the table of a prepared statement; after the rollback it is prepared again.
        if "cached plan" not in str(error):
            raise
        raise TransientError(f"the schema was changed by a migration: {_first_line(error)}") from error
    except psycopg.errors.UndefinedTable as error:
        raise PermanentError(f"the schema is not complete, run `chorus migrate`: {_first_line(error)}") from error


def run_prepared(connection: Connection, query: Any, **parameters: Any) -> psycopg.Cursor[DictRow]:
    """Execute a named query as a prepared statement: for queries whose best plan is the same whatever is asked."""
    return connection.execute(query.sql, parameters, prepare=True)


def _is_outage(error: psycopg.Error) -> bool:
    """Return whether the server was not reached, refused the connection or closed it; a deadlock, say, is not that."""
    return error.sqlstate is None or error.sqlstate.startswith(_OUTAGES)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _configure(connection: psycopg.Connection[Any]) -> None:
    # Numerics here are seconds of at most 14 digits, which a float holds to the microsecond.
    connection.adapters.register_loader("numeric", FloatLoader)
