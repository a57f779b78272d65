"""Retention: which recordings are old enough to lose their audio, or all of it, and how the database lets them go.

The rows go first, and in the same transaction the bytes that nobody is promised any more are written down
(`orphaned_audio`): whenever a run breaks off, no row promises audio that is gone, and no bytes are forgotten.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries

_sql = load_queries("retention")
_BATCH = 50
"""Recordings a transaction: the results of so many long ones are about a million rows."""
_SETTLE = timedelta(minutes=1)
"""What was analyzed or uploaded this recently is left to the next run: it might be the best, unknown to this one."""
_NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """What may go. None: never."""

    audio_days: int | None
    """Audio of recordings made longer ago, or uploaded where it is not known when they were made."""
    results_days: int | None
    """Recordings made longer ago, with all that was found in them."""
    stored_days: int = 7
    """But nothing that came into the store later than this many days ago, whenever it was recorded."""
    keep_best: int = 3
    """And of every taxon the so many recordings in which it was heard most confidently."""
    site: str | None = None
    """Only recordings of this site, the best of which are kept; None: of all sites together."""


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """A rule as of one moment."""

    audio_before: datetime | None
    results_before: datetime | None
    stored_before: datetime
    settled_before: datetime
    site: str | None
    best: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class OldRecording:
    """One that the rule reaches, and what speaks for keeping it."""

    id: UUID
    site: str | None
    duration_s: float
    made_at: datetime
    size_bytes: int
    """Of audio that is there."""
    with_results: bool
    """All of it is to go, not the audio alone."""
    is_busy: bool
    """An analysis is not finished, or only just."""
    is_analyzed: bool
    """Some analysis heard all of it."""
    is_best: bool
    """Some taxon was heard more confidently nowhere else, or hardly anywhere."""

    @property
    def may_go(self) -> bool:
        return not self.is_best and not self.is_busy


def plan_retention(database: Database, rule: RetentionRule) -> RetentionPlan:
    """Fix the rule's moment, by the database's clock, and the best recordings."""
    with database.transaction() as connection:
        now: datetime = _sql.read_clock(connection)
        best = [row["recording_id"] for row in _sql.find_best(connection, n=rule.keep_best, site=rule.site)]
    return RetentionPlan(
        audio_before=_days_before(now, rule.audio_days),
        results_before=_days_before(now, rule.results_days),
        stored_before=now - timedelta(days=rule.stored_days),
        settled_before=now - _SETTLE,
        site=rule.site,
        best=frozenset(best),
    )


def _days_before(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now - timedelta(days=days)


def find_old(database: Database, plan: RetentionPlan) -> Iterator[Sequence[OldRecording]]:
    """Return the recordings that the plan reaches, some at a time; what is let go of meanwhile is not given again."""
    after_id = _NO_ID
    while True:
        with database.transaction() as connection:
            rows = list(_sql.find_old(connection, **_limits(plan), after_id=after_id, n=_BATCH))
        if not rows:
            return
        yield [OldRecording(**row, is_best=row["id"] in plan.best) for row in rows]
        after_id = rows[-1]["id"]


def _limits(plan: RetentionPlan) -> dict[str, Any]:
    return {
        "audio_before": plan.audio_before,
        "results_before": plan.results_before,
        "stored_before": plan.stored_before,
        "settled_before": plan.settled_before,
        "site": plan.site,
    }


def remove_old(database: Database, plan: RetentionPlan, found: Sequence[OldRecording]) -> Sequence[OldRecording]:
    """Let go of those that may go and that nothing has happened to since; return them.

    Their bytes are due to be deleted from then on (`orphaned_audio`). Whoever begins an analysis or uploads the same
    sound at the same moment comes either before, and the recording stays, or after, and finds it changed.
    """
    wanted = [each for each in found if each.may_go]
    with database.transaction() as connection:
        ids = [each.id for each in wanted]
        list(_sql.lock_analyses(connection, ids=ids))
        locked = _sql.lock_recordings(connection, ids=ids, settled_before=plan.settled_before)
        free = {row["id"] for row in locked}
        busy = _sql.find_busy(connection, ids=ids, settled_before=plan.settled_before)
        free -= {row["recording_id"] for row in busy}
        gone = [each for each in wanted if each.id in free]
        _sql.remove_audio(connection, ids=[each.id for each in gone if not each.with_results])
        _sql.remove_recordings(connection, ids=[each.id for each in gone if each.with_results])
    return gone
