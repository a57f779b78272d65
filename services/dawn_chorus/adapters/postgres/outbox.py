"""The outbox: jobs that are to be published (`domain.ports.Outbox`).

Published entries are marked and pruned a day later, not deleted at once: when a message is missing, the table still
shows whether and when it was published.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from dawn_chorus.adapters.postgres.database import Database, translated_errors
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.jobs import Lane, OutboxEntry, SegmentJob

_sql = load_queries("outbox")


@dataclass(frozen=True, slots=True)
class OutboxLag:
    """The jobs that are to be published."""

    waiting: int
    oldest_s: float
    """Age of the oldest; 0 if there are none."""


class PostgresOutbox:
    """`domain.ports.Outbox` on PostgreSQL. `wait` and `close` are for one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listener: psycopg.Connection | None = None

    def publish_waiting(self, publish: Callable[[Sequence[OutboxEntry]], Sequence[int]], limit: int = 500) -> int:
        with self._database.transaction() as connection:
            entries = [_read_entry(row) for row in _sql.take_waiting(connection, n=limit)]
            confirmed = list(publish(entries)) if entries else []
            if confirmed:
                _sql.mark_published(connection, ids=confirmed)
            return len(confirmed)

    def wait(self, timeout_s: float) -> bool:
        try:
            with translated_errors():
                if self._listener is None:
                    # Jobs added before LISTEN are not announced again: look for them once.
                    self._listener = psycopg.connect(self._database.url, autocommit=True)
                    self._listener.execute("LISTEN chorus_outbox")
                    return self.lag().waiting > 0
                return any(True for _ in self._listener.notifies(timeout=timeout_s, stop_after=1))
        except BaseException:
            self.close()
            raise

    def lag(self) -> OutboxLag:
        with self._database.transaction() as connection:
            row = _sql.lag(connection)
        return OutboxLag(row["waiting"], row["oldest_s"])

    def prune(self, keep_s: float = 86_400.0) -> int:
        """Delete entries that were published more than `keep_s` ago; return how many."""
        with self._database.transaction() as connection:
            return int(_sql.prune(connection, keep_s=keep_s))

    def close(self) -> None:
        """Close the listening connection."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None


def _read_entry(row: Row) -> OutboxEntry:
    job = SegmentJob(row["analysis_id"], row["segment_index"], Lane(row["lane"]))
    return OutboxEntry(row["id"], job, row["delay_s"])
