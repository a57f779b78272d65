"""The protocols that adapters implement, as small as their callers need, with units, order, thread-safety and errors.

Every method may raise `TransientError` when its server is unavailable; that is not repeated below. Unless stated
otherwise, implementations are safe to call from many threads.
"""

import math
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol
from uuid import UUID

from dawn_chorus.domain.jobs import Lane, LaneDepth, OutboxEntry, SegmentJob, SegmentWork, WorkerFacts
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.timeline import SegmentTimeline


class AudioStore(Protocol):
    """Stores the bytes of recordings under keys, on disk or in S3."""

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        """Write the chunks as they arrive, in bounded memory; return the size in bytes.

        Nothing remains in the store when `chunks` raises. Called on the event loop.
        """
        ...

    def put(self, key: str, content: bytes) -> None:
        """Write a file that is small enough for memory; nothing remains in the store if this fails."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Return bytes [start, end) in chunks."""
        ...

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return `length` bytes from `start` on, fewer past the end, as one request. Blocks; from any thread.

        Raises PermanentError for an unknown key, TransientError if the store does not answer.
        """
        ...

    def measure(self, key: str) -> int:
        """Return the size in bytes. Blocks. Raises as `read_range` does."""
        ...

    def stored_file(self, key: str) -> Path | None:
        """Return the stored file where recordings lie in a folder; None where they have to be fetched.

        Raises PermanentError for an unknown key.
        """
        ...

    def local_copy(self, key: str) -> AbstractContextManager[Path]:
        """Return a context in which the recording is a local file: the stored file itself, or a cached download.

        Raises PermanentError for an unknown key.
        """
        ...

    def delete(self, key: str) -> None:
        """Delete the bytes; an unknown key is not an error."""
        ...

    def check(self) -> None:
        """Raise TransientError unless the store can be written to and read from now."""
        ...


class SegmentLedger(Protocol):
    """What a worker reads from and writes to the database; each call is one transaction."""

    def register_pack(self, pack: PackFacts) -> None:
        """Write the pack and its taxa, so that analyses can request it; registering it again changes nothing."""
        ...

    def start_segment(self, job: SegmentJob, worker: str) -> SegmentWork | None:
        """Mark the segment running, count the attempt, and return the work.

        None: there is nothing to do (the segment is done, cancelled or deleted); the delivery is acknowledged.
        """
        ...

    def save_timeline(self, work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts) -> None:
        """Replace the segment's rows, mark it done, and finish the analysis if it was the last open segment.

        Finishing cuts the detections over the whole stitched timeline. Saving twice leaves one copy. A segment that
        was cancelled meanwhile is not changed. Raises OutdatedWork if the segment was extended meanwhile,
        PermanentError if the analysis began with another version of the pack.
        """
        ...

    def fail_segment(self, job: SegmentJob, reason: str, lost: Sequence[LostStretch] = ()) -> None:
        """Mark the segment failed, all its seconds lost, and finish the analysis if it was the last open segment.

        `lost`: the stretches that it consists of, where they have reasons of their own.
        """
        ...

    def retry_segment(self, job: SegmentJob, reason: str, delay_s: float) -> None:
        """Queue the segment again, through the outbox, after the delay."""
        ...

    def extend_recording(self, work: SegmentWork, duration_s: float, most_s: float = math.inf) -> SegmentWork:
        """Plan the rest of a file that holds more audio than its header declared, through the outbox.

        Returns the work with its segment extended to full length if the declared duration had cut it short. What lies
        beyond `most_s` is planned as one segment, which no worker analyzes.
        """
        ...


class Outbox(Protocol):
    """The jobs that are to be published."""

    def publish_waiting(
        self,
        publish: Callable[[Sequence[OutboxEntry]], Sequence[int]],
        limit: int = 500,
        room: Mapping[Lane, int] | None = None,
    ) -> int:
        """Pass the next entries to `publish`, at most `room` of each lane; mark those whose ids it returns.

        Express comes first, and of each batch a share is bulk (`share_batch`). Within a lane analyses take turns.
        Returns how many were marked; 0 while another relay publishes. An error in `publish` leaves all unmarked.
        """
        ...

    def wait(self, timeout_s: float) -> bool:
        """Wait until a job is added or a retry is due, for at most `timeout_s`; return whether it was so."""
        ...


class DeadLetters(Protocol):
    """Messages that no worker could process, stored until an operator requeues or discards them."""

    def requeue_bystander(self, job: SegmentJob) -> bool:
        """Queue a segment again if it was returned too often but was hardly ever started; return whether it was so.

        Its workers were killed by another segment that they held at the same time.
        """
        ...

    def keep_dead_letter(self, body: bytes, reason: str, job: SegmentJob | None) -> UUID:
        """Store the message and, if its job is known, fail the segment with the reason, in one transaction.

        Returns the dead letter's id.
        """
        ...


class SegmentPublisher(Protocol):
    """Puts jobs on the queue."""

    def publish(self, entries: Sequence[OutboxEntry]) -> Sequence[int]:
        """Publish and wait for the confirms; return the ids of the entries that the queue has stored durably.

        Returns within seconds: what is not confirmed by then is passed again later. Not thread-safe: one thread
        publishes, and calls this at least every few seconds, without entries if there are none, which keeps the
        connection alive.
        """
        ...

    def measure_lanes(self) -> Mapping[Lane, LaneDepth]:
        """Return what the queue of each lane holds. Called by the thread that publishes."""
        ...


class Delivery(Protocol):
    """An unacknowledged message. Exactly one of the two calls ends it; both may be made from any thread."""

    body: bytes
    returns: int
    """How often it was returned to the queue before, mostly because its worker died."""
    reason: str
    """Why a dead letter was dead-lettered (`delivery_limit`, `rejected`, or another reason of the broker); empty for a
    job."""

    def ack(self) -> None:
        """Acknowledge the message; call after the commit."""
        ...

    def reject(self, *, requeue: bool) -> None:
        """Count a failure. Requeued, it is redelivered up to the delivery limit; otherwise it is dead-lettered now."""
        ...


class SegmentSource(Protocol):
    """Takes jobs from the queue. Unacknowledged deliveries of a source that dies are redelivered to another."""

    def consume(self, on_delivery: Callable[[Delivery], None], *, prefetch: int) -> None:
        """Call `on_delivery` for every job, express before bulk if both wait; block until `stop`.

        `prefetch` bounds the unacknowledged deliveries of each lane separately: a backlog of bulk work takes no room
        from express work. A caller that holds several deliveries works on express first. `on_delivery` must return at
        once (it passes the work to another thread). Reconnects automatically, with backoff.
        """
        ...

    def consume_dead(self, on_delivery: Callable[[Delivery], None]) -> None:
        """Call `on_delivery` for every dead letter; block until `stop`."""
        ...

    def stop(self) -> None:
        """End `consume`; unacknowledged messages are returned to the queue."""
        ...
