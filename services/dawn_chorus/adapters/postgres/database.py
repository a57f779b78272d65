"""The connection pool, and the one place where PostgreSQL's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.numeric import FloatLoader
from psycopg_pool import ConnectionPool

from dawn_chorus.domain.errors import PermanentError, TransientError

Connection = psycopg.Connection[DictRow]


_NOTICE_SILENCE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""libpq's, in seconds and milliseconds: a server that vanishes without a word is given up within half a minute, not
after the two hours that the system would wait, with a thread asleep on each connection."""


class Database:
    """A pool of connections to one database.

    Connections that died with a restarted server are found out before they are handed out. `wait_s` is how long a call
    waits for a free connection, or for the server, before it raises TransientError. `prepared`: statements that come
    again are prepared; not for lists, whose best plan depends on which filters are given.
    """

    def __init__(
        self, url: str, *, min_size: int = 1, max_size: int = 8, wait_s: float = 5.0, prepared: bool = False
    ) -> None:
        self.url = url
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            connection_class=psycopg.Connection[DictRow],
            kwargs={
                "row_factory": dict_row,
                "connect_timeout": max(2, round(wait_s)),
                **_NOTICE_SILENCE,
                "prepare_threshold": 2 if prepared else None,
            },
            min_size=min_size,
            max_size=max_size,
            timeout=wait_s,
            # The pool doubles its pause between attempts; starting over soon finds a server that came back soon.
            reconnect_timeout=wait_s,
            configure=_configure,
            check=self._check_connection,
            open=False,
        )

    def open(self) -> None:
        """Start connecting, in the background: the server need not be up yet."""
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

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Lend a connection within a transaction: committed at the end, rolled back on any error."""
        with translated_errors(), self._pool.connection() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection whose reads all see the same moment, and which cannot write."""
        with self.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    def _check_connection(self, connection: Connection) -> None:
        """Where one connection has died the others have too: replace all now, not one by one with growing pauses."""
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
    """Raise the policy instead of the driver's error."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise TransientError(f"PostgreSQL is unavailable: {_first_line(error)}") from error
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise PermanentError(f"PostgreSQL cannot store this: {_first_line(error)}") from error
    except psycopg.errors.FeatureNotSupported as error:
        # A migration added a column to what a statement was prepared for; after the rollback it is prepared anew.
        if "cached plan" not in str(error):
            raise
        raise TransientError(f"the schema was changed meanwhile: {_first_line(error)}") from error
    except psycopg.errors.UndefinedTable as error:
        raise PermanentError(f"the schema is not complete, run `chorus migrate`: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _configure(connection: psycopg.Connection[Any]) -> None:
    # Numerics here are seconds of at most 14 digits, which a float holds to the microsecond.
    connection.adapters.register_loader("numeric", FloatLoader)
