"""What the use cases need of the outside world: the smallest protocols, with units, order, thread-safety and errors.

Every method may raise `TransientError` when its server is away; that is not repeated below. Unless a line says
otherwise, implementations are safe to call from many threads.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol
from uuid import UUID

from dawn_chorus.domain.jobs import OutboxEntry, SegmentJob, SegmentWork, WorkerFacts
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.timeline import SegmentTimeline


class AudioStore(Protocol):
    """Keeps the bytes of recordings under keys, on disk or in S3."""

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        """Store the chunks as they come, in bounded memory; return the size in bytes.

        Nothing stays behind when `chunks` raises. Called on the event loop.
        """
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Return bytes [start, end) in chunks."""
        ...

    def local_copy(self, key: str) -> AbstractContextManager[Path]:
        """Lend the whole recording as a local file: the stored file itself, or a cached download.

        Raises PermanentError when there is no such key.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the bytes; a key that is not there is no error."""
        ...

    def check(self) -> None:
        """Raise TransientError unless the store can be written and read now."""
        ...


class SegmentLedger(Protocol):
    """What a worker tells and asks the database; each call is one transaction."""

    def register_pack(self, pack: PackFacts) -> None:
        """Make the pack and its taxa known, so that it can be asked for; the same pack again changes nothing."""
        ...

    def start_segment(self, job: SegmentJob, worker: str) -> SegmentWork | None:
        """Mark the segment running and count the attempt.

        None: nothing is left to do (done before, cancelled, deleted); the delivery is simply acknowledged.
        """
        ...

    def save_timeline(self, work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts) -> None:
        """Replace the segment's rows, mark it done, and finish the analysis if it was the last one to come.

        Finishing cuts the detections over the whole stitched timeline. Saving twice leaves one copy. A segment
        cancelled meanwhile is left alone. Raises OutdatedWork when the segment was stretched meanwhile, PermanentError
        when the analysis began with another version of the pack.
        """
        ...

    def fail_segment(self, job: SegmentJob, reason: str) -> None:
        """Mark the segment failed, all its seconds lost, and finish the analysis if it was the last one to come."""
        ...

    def retry_segment(self, job: SegmentJob, reason: str, delay_s: float) -> None:
        """Put the segment back in the queue, through the outbox, to come again after the delay."""
        ...

    def extend_recording(self, work: SegmentWork, duration_s: float) -> SegmentWork:
        """Plan the rest of a file that holds more audio than its header declared, through the outbox.

        Gives the work anew, its segment stretched to full length where it was cut short by the claim.
        """
        ...


class Outbox(Protocol):
    """Jobs that wait to be published."""

    def publish_waiting(self, publish: Callable[[Sequence[OutboxEntry]], Sequence[int]], limit: int = 500) -> int:
        """Hand the oldest waiting entries to `publish` and mark those it confirms, by id; return how many.

        Entries in the hands of one relay are skipped by others. An error in `publish` leaves all unmarked.
        """
        ...

    def wait(self, timeout_s: float) -> bool:
        """Sleep until something was put in or the time is over. Return whether something was."""
        ...


class DeadLetters(Protocol):
    """Messages that no worker could finish, kept until somebody looked at them."""

    def requeue_bystander(self, job: SegmentJob) -> bool:
        """Queue a segment again that came back too often and yet was hardly ever begun. Return whether it was so.

        Another segment, in the same hands, killed its workers.
        """
        ...

    def keep_dead_letter(self, body: bytes, reason: str, job: SegmentJob | None) -> UUID:
        """Write the message down and, if its job is known, fail the segment with the reason, in one transaction."""
        ...


class SegmentPublisher(Protocol):
    """Puts jobs on the queue."""

    def publish(self, entries: Sequence[OutboxEntry]) -> Sequence[int]:
        """Publish and wait for the confirms; return the ids of the entries that the queue has taken durably.

        Not thread-safe: one thread publishes, and calls at least every few seconds, with no entries if there are none,
        which keeps the connection alive.
        """
        ...

    def count_waiting(self) -> int:
        """Count what waits on the queue, delayed jobs and dead letters included; not what somebody has in hand.

        Belongs to the thread that publishes.
        """
        ...


class Delivery(Protocol):
    """A message in a consumer's hands. Exactly one of the two calls ends it; both may come from any thread."""

    body: bytes
    returns: int
    """How often it came back to the queue before, most of all because its worker died."""
    reason: str
    """Of a dead letter: why it died (`delivery_limit`, `rejected`, or another word of the broker); empty for a job."""

    def ack(self) -> None:
        """Say it is done; call after the commit."""
        ...

    def reject(self, *, requeue: bool) -> None:
        """Count a failure. Requeued it comes again until the delivery limit; otherwise it is dead at once."""
        ...


class SegmentSource(Protocol):
    """Takes jobs from the queue. An unacknowledged delivery of a source that dies comes again elsewhere."""

    def consume(self, on_delivery: Callable[[Delivery], None], *, prefetch: int) -> None:
        """Call `on_delivery` for every job, express before bulk where both wait, until `stop`; blocks.

        `prefetch` bounds the unacknowledged deliveries of each lane by itself: a backlog of bulk work leaves the room
        for express untouched, and whoever holds several deliveries works on express first. `on_delivery` must return
        at once (it hands the work to another thread). Reconnects by itself, with back-off.
        """
        ...

    def consume_dead(self, on_delivery: Callable[[Delivery], None]) -> None:
        """Likewise for dead letters."""
        ...

    def stop(self) -> None:
        """End `consume`; what is unacknowledged goes back to the queue."""
        ...
