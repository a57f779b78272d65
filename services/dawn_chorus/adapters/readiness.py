"""Whether a service has what it needs: checked once for all who ask, and at most once in a few seconds."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Lock, Thread

from dawn_chorus.domain.errors import ChorusError

Check = Callable[[], None]
"""Raises a ChorusError that says what is unavailable; returns within seconds."""
Findings = Mapping[str, str | None]
"""By the check's name: what is wrong, or None if all is well."""
FRESH_S = 3.0
"""How old an answer may be. Checks write to the store and ask the database: they are not for every request."""


class Readiness:
    """The checks of `/health/ready`, in the order given. Safe to call from any thread.

    One round of checks runs at a time, on a thread of its own; everybody who asks meanwhile gets its findings, and so
    does everybody who asks within `fresh_s` after it. A flood of requests costs as much as one.
    """

    def __init__(self, checks: Mapping[str, Check], *, fresh_s: float = FRESH_S) -> None:
        self._checks, self._fresh_s = dict(checks), fresh_s
        self._lock = Lock()
        self._round: Future[Findings] | None = None
        self._ended_at = 0.0

    def ask(self) -> Future[Findings]:
        """Return the findings to come of the round that runs, or those of the last one, while they are fresh."""
        with self._lock:
            if self._round is None or (self._round.done() and time.monotonic() - self._ended_at >= self._fresh_s):
                begun: Future[Findings] = Future()
                # From here on nobody who gives up waiting can cancel it for the others.
                begun.set_running_or_notify_cancel()
                Thread(target=self._look, args=(begun,), name="readiness", daemon=True).start()
                self._round = begun  # not before: where no thread can be started, the next to ask tries again
            return self._round

    def _look(self, found: Future[Findings]) -> None:
        try:
            findings = {name: _run(check) for name, check in self._checks.items()}
        except Exception as error:  # noqa: BLE001 - the thread's outermost frame: whoever waits raises it
            self._ended_at = time.monotonic()
            found.set_exception(error)
            return
        self._ended_at = time.monotonic()
        found.set_result(findings)


def _run(check: Check) -> str | None:
    try:
        check()
    except ChorusError as error:
        return str(error)
    return None
