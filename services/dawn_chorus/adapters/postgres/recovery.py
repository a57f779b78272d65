"""Segments that the queue forgot: called for again, or given up when they seem to kill whoever works on them."""

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import fail_segment
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, Lane, SegmentJob

_sql = load_queries("recovery")


def requeue_unfinished(database: Database, idle_s: float = 0.0) -> int:
    """Put unfinished segments that were not touched for `idle_s` back in the outbox; return how many.

    For a time at which the queue is known to hold nothing: the start of an embedded service, whose queue lived in
    the process, and a broker found empty. Attempts stand in for the count of returns that went with the queue: a
    segment begun more often than a message may come back is failed instead.
    """
    with database.transaction() as connection:
        deadly = list(_sql.find_deadly(connection, idle_s=idle_s, attempts_most=DELIVERY_LIMIT))
    for row in deadly:
        job = SegmentJob(row["analysis_id"], row["segment_index"], Lane(row["lane"]))
        with database.transaction() as connection:
            fail_segment(connection, job, f"worker lost {row['attempts']} times")
    with database.transaction() as connection:
        return int(_sql.requeue_untouched(connection, idle_s=idle_s))
