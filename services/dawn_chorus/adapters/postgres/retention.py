"""Retention: finds recordings that are old enough to lose their audio, or to be deleted, and removes them.

The rows are changed first, and the same transaction lists the orphaned bytes (`orphaned_audio`): wherever a run is
interrupted, no row refers to audio that was deleted, and no bytes remain unlisted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries

_sql = load_queries("retention")
_BATCH = 50
"""Recordings per transaction: the results of this many long ones are about a million rows."""
_SETTLE = timedelta(minutes=1)
"""Recordings analyzed or uploaded this recently are left to the next run: they may be among the best recordings, which
this run has already determined."""
_NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """What may be removed. None in a field of days: never."""

    audio_days: int | None
    """Remove the audio of recordings made more than this many days ago; uploaded, if it is not known when they were
    made."""
    results_days: int | None
    """Remove recordings made more than this many days ago, with all their results."""
    stored_days: int = 7
    """Keep what was stored within this many days, whenever it was recorded."""
    keep_best: int = 3
    """For every taxon, keep this many recordings: those with its most confident detections."""
    site: str | None = None
    """Only recordings of this site, whose best are kept; None: all sites together."""
    spares_confirmed: bool = True
    """Keep, with their audio, recordings in which a review confirms or corrects something."""


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """A rule at one moment, with the best recordings at that moment."""

    audio_before: datetime | None
    results_before: datetime | None
    stored_before: datetime
    settled_before: datetime
    site: str | None
    best: frozenset[UUID]
    spares_confirmed: bool


@dataclass(frozen=True, slots=True)
class OldRecording:
    """A recording that the rule applies to, and the reasons to keep it."""

    id: UUID
    site: str | None
    duration_s: float
    made_at: datetime
    size_bytes: int
    """Size of the audio; 0 if it is removed already."""
    with_results: bool
    """The whole recording is to be removed, not the audio alone."""
    is_busy: bool
    """An analysis is not finished, or finished less than a minute before the plan was made."""
    is_analyzed: bool
    """An analysis succeeded: it covers all of the audio."""
    reviews: int
    """Of anything heard in it; they go with its results."""
    is_confirmed: bool
    """A review confirms or corrects something that is heard in it, and the rule spares it for that."""
    is_best: bool
    """For some taxon, it is one of the recordings with the most confident detections."""

    @property
    def is_removable(self) -> bool:
        return not (self.is_best or self.is_busy or self.is_confirmed)


def plan_retention(database: Database, rule: RetentionRule) -> RetentionPlan:
    """Return the rule with its dates, by the database's clock, and the best recordings."""
    with database.transaction() as connection:
        now: datetime = _sql.read_clock(connection)
        best = find_best(connection, rule)
    return RetentionPlan(
        audio_before=_days_before(now, rule.audio_days),
        results_before=_days_before(now, rule.results_days),
        stored_before=now - timedelta(days=rule.stored_days),
        settled_before=now - _SETTLE,
        site=rule.site,
        best=best,
        spares_confirmed=rule.spares_confirmed,
    )


def find_best(connection: Connection, rule: RetentionRule) -> frozenset[UUID]:
    """Return the recordings that have the most confident detections of some taxon."""
    if rule.site is None:
        found = _sql.find_best(connection, n=rule.keep_best)
    else:
        found = _sql.find_best_of_site(connection, n=rule.keep_best, site=rule.site)
    return frozenset(row["recording_id"] for row in found)


def _days_before(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now - timedelta(days=days)


def find_old(database: Database, plan: RetentionPlan) -> Iterator[Sequence[OldRecording]]:
    """Yield the recordings that the plan applies to, in batches; the caller may remove each batch meanwhile."""
    limits = {
        "audio_before": plan.audio_before,
        "results_before": plan.results_before,
        "stored_before": plan.stored_before,
        "settled_before": plan.settled_before,
        "site": plan.site,
    }
    after_id = _NO_ID
    while True:
        with database.transaction() as connection:
            rows = list(_sql.find_old(connection, **limits, after_id=after_id, n=_BATCH))
        if not rows:
            return
        yield [
            OldRecording(
                **row | {"is_confirmed": row["is_confirmed"] and plan.spares_confirmed},
                is_best=row["id"] in plan.best,
            )
            for row in rows
        ]
        after_id = rows[-1]["id"]


def remove_old(database: Database, plan: RetentionPlan, found: Sequence[OldRecording]) -> Sequence[OldRecording]:
    """Remove the audio or the whole of the removable recordings that have not changed since; return those.

    Their bytes are listed for deletion (`orphaned_audio`). An analysis or an upload of the same audio that starts at
    the same moment is either earlier, and the recording is kept, or later, and finds the audio removed.
    """
    removable = [each for each in found if each.is_removable]
    with database.transaction() as connection:
        ids = [each.id for each in removable]
        list(_sql.lock_analyses(connection, ids=ids))
        locked = _sql.lock_recordings(connection, ids=ids, settled_before=plan.settled_before)
        free = {row["id"] for row in locked}
        busy = _sql.find_busy(connection, ids=ids, settled_before=plan.settled_before)
        free -= {row["recording_id"] for row in busy}
        if plan.spares_confirmed:
            free -= {row["recording_id"] for row in _sql.find_confirmed(connection, ids=ids)}
        removed = [each for each in removable if each.id in free]
        _sql.remove_audio(connection, ids=[each.id for each in removed if not each.with_results])
        _sql.remove_recordings(connection, ids=[each.id for each in removed if each.with_results])
    return removed
