"""The clock: this machine's against those of the database and of the API."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dawn_chorus
from dawn_chorus.cli.doctor.checks.http_answer import Silent, ask
from dawn_chorus.cli.doctor.checks.sizes import format_age
from dawn_chorus.cli.doctor.findings import Finding, ok, skipped, warning, wrong
from dawn_chorus.cli.doctor.installation import WAIT_S, Installation
from dawn_chorus.domain.errors import ChorusError

_NOTICED_S = 3.0
_WRONG_S = 60.0
"""Leases, sessions and signatures of requests to a bucket go by seconds to minutes."""


def look_at_clock(installation: Installation) -> Sequence[Finding]:
    now = installation.machine.now()
    written = datetime.fromtimestamp(Path(dawn_chorus.__file__).stat().st_mtime, UTC)
    if now < written - timedelta(days=1):
        return [
            wrong(
                "clock", f"it is {now:%Y-%m-%d} by this machine's clock, before this program was written: set the clock"
            )
        ]
    found = [_judge(whose, offset_s) for whose, offset_s in _compare(installation)]
    return found or [skipped("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC here, and no server answers to compare it with")]


def _compare(installation: Installation) -> Iterator[tuple[str, float]]:
    """Yield by how many seconds the clock of each server that answers is ahead of this machine's, at least.

    Both agree where the server's time lies between question and answer: how long either took does not count.
    """
    now = installation.machine.now
    if (url := installation.database_url) is not None:
        from dawn_chorus.adapters.postgres.inspection import read_clock

        before = now()
        with suppress(ChorusError):  # its own check says so
            there = read_clock(url, wait_s=WAIT_S)
            yield "the database's", _distance_s(there, there, before, now())
    before = now()
    try:
        answer = ask(installation.settings.url, "/health/live", wait_s=WAIT_S)
    except Silent:
        return
    if answer.date is not None and answer.is_live:
        yield "the API's", _distance_s(answer.date, answer.date + timedelta(seconds=1), before, now())


def _distance_s(first: datetime, last: datetime, before: datetime, after: datetime) -> float:
    """Return how far the server's time, `first` to `last`, lies after `after` or, negative, before `before`."""
    if first > after:
        return (first - after).total_seconds()
    return min(0.0, (last - before).total_seconds())


def _judge(whose: str, ahead_s: float) -> Finding:
    off = f"{whose} clock is {format_age(abs(ahead_s))} {'ahead of' if ahead_s > 0 else 'behind'} this machine's"
    if abs(ahead_s) > _WRONG_S:
        return wrong("clock", f"{off}: let both follow NTP (`timedatectl`, `chronyc tracking`)")
    if abs(ahead_s) > _NOTICED_S:
        return warning("clock", f"{off}: let both follow NTP (`timedatectl`, `chronyc tracking`)")
    return ok("clock", f"{whose} clock and this machine's agree")
