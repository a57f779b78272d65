"""Segments whose messages the queue lost: queued again, or failed if they seem to kill their workers."""

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import fail_segment
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, Lane, SegmentJob

_sql = load_queries("lost_messages")


def requeue_unfinished(database: Database, idle_s: float = 0.0) -> int:
    """Put unfinished segments that did not change for `idle_s` back in the outbox; return how many.

    Called when the queue is known to be empty: at the start of an embedded service, whose queue was lost with its
    process, and when the broker is found empty. The count of returns was lost with the queue, so attempts are used
    instead: a segment that was started more often than a message may be returned is failed.
    """
    with database.transaction() as connection:
        exhausted = list(_sql.find_exhausted(connection, idle_s=idle_s, max_attempts=DELIVERY_LIMIT))
    for row in exhausted:
        job = SegmentJob(row["analysis_id"], row["segment_index"], Lane(row["lane"]))
        with database.transaction() as connection:
            fail_segment(connection, job, f"worker lost {row['attempts']} times")
    with database.transaction() as connection:
        return int(_sql.requeue_idle(connection, idle_s=idle_s))
