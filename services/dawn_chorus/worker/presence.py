"""Says every few seconds that this worker is there, so that the page can say when none is."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Protocol

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.domain.errors import ChorusError

log = get_logger(__name__)
_EVERY_S = 15.0


class Presence(Protocol):
    """Where a worker is known to be there. Both raise a ChorusError where that cannot be written down."""

    def note(self) -> None:
        """Announce that it is there."""

    def forget(self) -> None:
        """Withdraw what was announced."""


@contextmanager
def announced(presence: Presence, *, every_s: float = _EVERY_S) -> Iterator[None]:
    """Note the presence during the context, and forget it at its end.

    What goes wrong is logged once and tried again: a worker that cannot say that it is there works all the same, also
    before the migration that it comes with.
    """
    ended = Event()
    thread = Thread(target=_announce, args=(presence, ended, every_s), name="presence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with suppress(ChorusError):
            presence.forget()


def _announce(presence: Presence, ended: Event, every_s: float) -> None:
    is_known = True
    while not ended.is_set():
        try:
            presence.note()
        except ChorusError as error:
            if is_known:
                log.info("worker not announced, will be retried", reason=str(error))
            is_known = False
        else:
            is_known = True
        ended.wait(every_s)
