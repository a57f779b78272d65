"""The outbox: jobs that are to be published (`domain.ports.Outbox`).

Published entries are marked and pruned a day later, not deleted at once: when a message is missing, the table still
shows whether and when it was published.

Each lane is a start-time fair queue over analyses. Jobs carry a `turn`: those of one analysis have successive turns,
beginning at the lane's present one, and are published by turn. So analyses that wait alternate, one job each, and one
that comes now waits for one job of each other, however much these still have to do. A retry is no part of its lane
until it is due; it then enters like a new analysis.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.database import Connection, Database, translated_errors
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.jobs import Lane, OutboxEntry, SegmentJob, share_batch

_sql = load_queries("outbox")
_LOCK = 0x43484F53
"""Number of the advisory lock that a relay holds while it publishes a batch."""
_STALLED_S = 60.0
"""A relay that holds the lock for so long without a statement is frozen or cut off: no batch takes as long."""
_PREPARED_AFTER = 2
"""Executions of a statement."""
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OutboxLag:
    """The jobs that are to be published."""

    waiting: int
    oldest_s: float
    """Age of the oldest; 0 if there are none."""


class PostgresOutbox:
    """`domain.ports.Outbox` on PostgreSQL. `publish_waiting`, `wait` and `close` are for one thread.

    No transaction is open and no row is locked while a batch is published, so uploads and cancellations never wait for
    the broker. Relays exclude each other by a lock that belongs to a connection: it goes when a relay dies.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listener: Connection | None = None
        self._session: Connection | None = None
        self._next_due_s: float | None = None

    def publish_waiting(
        self,
        publish: Callable[[Sequence[OutboxEntry]], Sequence[int]],
        limit: int = 500,
        room: Mapping[Lane, int] | None = None,
    ) -> int:
        try:
            with translated_errors():
                if self._session is None:
                    self._session = self._open_session()
                return self._publish_alone(self._session, publish, limit, room or dict.fromkeys(Lane, limit))
        except BaseException:
            self._close_session()
            raise

    def _open_session(self) -> Connection:
        """Return a connection that keeps its plans, and whose plans stay good however full the outbox becomes."""
        session = self._database.connect()
        _sql.read_by_indexes(session)
        session.prepare_threshold = _PREPARED_AFTER
        return session

    def _publish_alone(
        self,
        session: Connection,
        publish: Callable[[Sequence[OutboxEntry]], Sequence[int]],
        limit: int,
        room: Mapping[Lane, int],
    ) -> int:
        begun = _sql.begin_publishing(session, key=_LOCK)
        # Retries that are due are for whoever publishes: to look for them again at once would be to do so without end.
        self._remember_next_due(begun["next_due_s"] if begun["is_publisher"] else None)
        if not begun["is_publisher"]:
            if any(row for row in _sql.end_stalled_publisher(session, key=_LOCK, stalled_s=_STALLED_S)):
                _log.warning("another relay froze while it published, its connection was closed")
            return 0
        if begun["next_due_s"] is not None and begun["next_due_s"] <= 0:
            _sql.enter_lanes(session)
            self._remember_next_due(_sql.next_due_s(session))
        rows = _sql.take_waiting(session, **{f"n_{lane}": min(limit, room[lane]) for lane in Lane})
        entries = share_batch([_read_entry(row) for row in rows], limit)
        confirmed = list(publish(entries)) if entries else []
        if confirmed:
            _sql.mark_published(session, ids=confirmed)
        _sql.end_publishing(session, key=_LOCK)
        return len(confirmed)

    def wait(self, timeout_s: float) -> bool:
        try:
            with translated_errors():
                if self._listener is None:
                    # Jobs added before LISTEN are not announced again: look for them once.
                    self._listener = self._database.connect()
                    self._listener.execute("LISTEN chorus_outbox")
                    return self.lag().waiting > 0
                until_due_s = self._until_due_s()
                notified = self._listener.notifies(timeout=min(timeout_s, until_due_s), stop_after=1)
                return any(True for _ in notified) or until_due_s <= timeout_s
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
        """Close both connections; the next calls open others."""
        self._close_session()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _close_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _remember_next_due(self, in_s: float | None) -> None:
        self._next_due_s = None if in_s is None else time.monotonic() + in_s

    def _until_due_s(self) -> float:
        return float("inf") if self._next_due_s is None else max(0.0, self._next_due_s - time.monotonic())


def _read_entry(row: Row) -> OutboxEntry:
    return OutboxEntry(row["id"], SegmentJob(row["analysis_id"], row["segment_index"], Lane(row["lane"])))
