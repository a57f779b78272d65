"""Finds segments that a broker lost, which its promises exclude but its operators do not.

A quorum queue survives restarts and lost nodes. It does not survive `purge` in the management UI, a deleted volume or a
backup put back. Segments would hang for ever then: PostgreSQL has them as queued, and nothing calls for them.
"""

from collections.abc import Callable

from dawn_chorus.domain.ports import SegmentPublisher
from dawn_chorus.relay.publishing import PeriodicTask
from dawn_chorus.relay.settings import RelaySettings


def recovery_task(
    requeue_unfinished: Callable[[float], int], publisher: SegmentPublisher, settings: RelaySettings
) -> PeriodicTask:
    """Have segments that nobody touched for long put back in the outbox, while no queue holds anything.

    A segment that waits in a worker's hands all the while is called for a second time: harmless, results are replaced.
    """

    def recover() -> int:
        return 0 if publisher.count_waiting() else requeue_unfinished(settings.recover_after_s)

    return PeriodicTask("lost segments queued again", settings.recover_every_s, recover)
