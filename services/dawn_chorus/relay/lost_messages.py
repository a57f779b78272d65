"""Requeues segments whose messages the broker lost.

A quorum queue survives restarts and lost nodes. It does not survive `purge` in the management UI, a deleted volume or a
restored backup. Its segments would then hang forever: PostgreSQL has them as queued, but no message exists for them.
"""

from collections.abc import Callable

from dawn_chorus.domain.ports import SegmentPublisher
from dawn_chorus.relay.publishing import PeriodicTask
from dawn_chorus.relay.settings import RelaySettings


def lost_messages_task(
    requeue_unfinished: Callable[[float], int], publisher: SegmentPublisher, settings: RelaySettings
) -> PeriodicTask:
    """Return the task that puts long-untouched segments back in the outbox while all queues are empty.

    A segment that a worker has held unacknowledged all that time is published twice: harmless, its result is replaced.
    """

    def recover() -> int:
        return 0 if publisher.count_waiting() else requeue_unfinished(settings.recover_after_s)

    return PeriodicTask("lost segments queued again", settings.recover_every_s, recover)
