"""Segments whose messages the queue lost: queued again, or failed if they seem to kill their workers."""

from collections.abc import Mapping, Sequence

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import fail_segment
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, Lane, SegmentJob

_sql = load_queries("lost_messages")
_A_SEARCH = 100_000
"""Segments: a search reads all that are unfinished, and holds what it found in memory."""
_A_TRANSACTION = 1000
"""Segments: so that nobody waits long for rows that are queued again."""
_ALL: Mapping[Lane, float] = dict.fromkeys(Lane, 0.0)


def requeue_unfinished(database: Database, untouched_s: Mapping[Lane, float] = _ALL) -> int:
    """Put unfinished segments back in the outbox that were not touched for so long, by lane; return how many.

    A lane that is not named is left alone. Called when no message of theirs can be on the queue: at the start of an
    embedded service, whose queue was lost with its process, and when a lane's queue has moved past them. The count of
    returns was lost with the queue, so attempts are used instead: a segment that was started more often than a message
    may be returned is failed.
    """
    seconds = {f"{lane}_s": untouched_s.get(lane) for lane in Lane}
    with database.transaction() as connection:
        exhausted = list(_sql.find_exhausted(connection, **seconds, max_attempts=DELIVERY_LIMIT))
    for row in exhausted:
        job = SegmentJob(row["analysis_id"], row["segment_index"], Lane(row["lane"]))
        with database.transaction() as connection:
            fail_segment(connection, job, f"worker lost {row['attempts']} times")
    count = 0
    while True:
        with database.transaction() as connection:
            idle = list(_sql.find_idle(connection, **seconds, n=_A_SEARCH))
        parts = [idle[first : first + _A_TRANSACTION] for first in range(0, len(idle), _A_TRANSACTION)]
        queued = sum(_requeue(database, part) for part in parts)
        count += queued
        if len(idle) < _A_SEARCH or not queued:
            return count


def _requeue(database: Database, idle: Sequence[Row]) -> int:
    with database.transaction() as connection:
        return int(
            _sql.requeue_idle(
                connection,
                found_at=idle[0]["found_at"],
                analysis_ids=[row["analysis_id"] for row in idle],
                indexes=[row["segment_index"] for row in idle],
                places=[row["place"] for row in idle],
            )
        )
