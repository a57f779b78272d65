"""Dead letters: kept until somebody looked at them (`domain.ports.DeadLetters`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.analyses import lock_analysis, requeue_segments
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.ledger import fail_segment, spare_segment
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, printable
from dawn_chorus.domain.errors import Conflict, NotFound
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, SegmentJob

_sql = load_queries("dead_letters")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that no worker could finish."""

    id: UUID
    body: bytes
    reason: str
    analysis_id: UUID | None
    segment_index: int | None
    created_at: datetime
    requeued_at: datetime | None


class PostgresDeadLetters:
    """`domain.ports.DeadLetters` on PostgreSQL, and what an operator does with them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def requeue_bystander(self, job: SegmentJob) -> bool:
        with self._database.transaction() as connection:
            return spare_segment(connection, job, attempts_most=DELIVERY_LIMIT // 2)

    def keep_dead_letter(self, body: bytes, reason: str, job: SegmentJob | None) -> UUID:
        with self._database.transaction() as connection:
            letter_id: UUID = _sql.insert_letter(
                connection,
                body=body,
                reason=printable(reason),
                analysis_id=job.analysis_id if job else None,
                segment_index=job.segment_index if job else None,
            )
            if job is not None:
                fail_segment(connection, job, reason)
            return letter_id

    def list_dead_letters(self, *, limit: int = 100, requeued: bool = False) -> Sequence[DeadLetter]:
        """List newest first; those that were requeued only if asked."""
        with self._database.transaction() as connection:
            return [_read_letter(row) for row in _sql.list_letters(connection, requeued=requeued, n=limit)]

    def requeue(self, letter_id: UUID) -> None:
        """Queue the letter's segment again, attempts counted anew, through the outbox.

        Raises NotFound, Conflict when it has no readable job, its analysis is gone, or its segment did not fail.
        """
        with self._database.transaction() as connection:
            letter = _sql.lock_letter(connection, letter_id=letter_id)
            if letter is None:
                raise NotFound(f"no dead letter {letter_id}")
            _requeue(connection, letter)
            _sql.mark_requeued(connection, letter_id=letter_id)

    def discard(self, letter_id: UUID) -> None:
        """Throw a letter away; its segment stays as it is. Raises NotFound."""
        with self._database.transaction() as connection:
            if not _sql.delete_letter(connection, letter_id=letter_id):
                raise NotFound(f"no dead letter {letter_id}")


def _requeue(connection: Connection, letter: Row) -> None:
    if letter["analysis_id"] is None:
        raise Conflict(f"dead letter {letter['id']} holds no job that this version can read")
    analysis = lock_analysis(connection, letter["analysis_id"])
    if analysis is None:
        raise Conflict(f"the analysis of dead letter {letter['id']} was deleted")
    if requeue_segments(connection, analysis, letter["segment_index"]) == 0:
        raise Conflict(f"the segment of dead letter {letter['id']} is not failed: nothing to queue again")


def _read_letter(row: Row) -> DeadLetter:
    return DeadLetter(**{**row, "body": bytes(row["body"])})
