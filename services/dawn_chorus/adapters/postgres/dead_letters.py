"""Dead letters, stored until an operator requeues or discards them (`domain.ports.DeadLetters`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.analyses import lock_analysis, requeue_segments
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.ledger import fail_segment, requeue_bystander
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, printable
from dawn_chorus.domain.errors import Conflict, NotFound
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, SegmentJob

_sql = load_queries("dead_letters")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that no worker could process."""

    id: UUID
    body: bytes
    reason: str
    analysis_id: UUID | None
    segment_index: int | None
    created_at: datetime
    requeued_at: datetime | None


class PostgresDeadLetters:
    """`domain.ports.DeadLetters` on PostgreSQL, and the operator's commands."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def requeue_bystander(self, job: SegmentJob) -> bool:
        with self._database.transaction() as connection:
            return requeue_bystander(connection, job, max_attempts=DELIVERY_LIMIT // 2)

    def keep_dead_letter(self, body: bytes, reason: str, job: SegmentJob | None) -> UUID:
        with self._database.transaction() as connection:
            dead_letter_id: UUID = _sql.insert_dead_letter(
                connection,
                body=body,
                reason=printable(reason),
                analysis_id=job.analysis_id if job else None,
                segment_index=job.segment_index if job else None,
            )
            if job is not None:
                fail_segment(connection, job, reason)
            return dead_letter_id

    def list_dead_letters(self, *, limit: int = 100, requeued: bool = False) -> Sequence[DeadLetter]:
        """Return the dead letters, newest first, requeued ones only if `requeued`."""
        with self._database.transaction() as connection:
            return [_read_dead_letter(row) for row in _sql.list_dead_letters(connection, requeued=requeued, n=limit)]

    def requeue(self, dead_letter_id: UUID) -> None:
        """Queue the dead letter's segment again, with attempts reset to 0, through the outbox.

        Raises NotFound; Conflict if it has no readable job, its analysis was deleted, or its segment is not failed.
        """
        with self._database.transaction() as connection:
            row = _sql.lock_dead_letter(connection, dead_letter_id=dead_letter_id)
            if row is None:
                raise NotFound(f"no dead letter {dead_letter_id}")
            _requeue_segment(connection, row)
            _sql.mark_requeued(connection, dead_letter_id=dead_letter_id)

    def discard(self, dead_letter_id: UUID) -> None:
        """Delete a dead letter; its segment is not changed. Raises NotFound."""
        with self._database.transaction() as connection:
            if not _sql.delete_dead_letter(connection, dead_letter_id=dead_letter_id):
                raise NotFound(f"no dead letter {dead_letter_id}")


def _requeue_segment(connection: Connection, row: Row) -> None:
    if row["analysis_id"] is None:
        raise Conflict(f"dead letter {row['id']} contains no job that this version can read")
    analysis = lock_analysis(connection, row["analysis_id"])
    if analysis is None:
        raise Conflict(f"the analysis of dead letter {row['id']} was deleted")
    if requeue_segments(connection, analysis, row["segment_index"]) == 0:
        raise Conflict(f"the segment of dead letter {row['id']} is not failed: nothing to requeue")


def _read_dead_letter(row: Row) -> DeadLetter:
    return DeadLetter(**{**row, "body": bytes(row["body"])})
