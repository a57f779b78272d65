"""Plans a run of retention and carries it out: rows first, then the audio that no row refers to any more."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.orphaned_audio import check_store, delete_orphans
from dawn_chorus.adapters.postgres.retention import (
    OldRecording,
    RetentionPlan,
    find_old,
    remove_old,
)
from dawn_chorus.cli.output import progress_bar
from dawn_chorus.cli.settings import CliSettings
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.ports import AudioStore


@dataclass(slots=True)
class Totals:
    """Sums over some recordings."""

    recordings: int = 0
    duration_s: float = 0.0
    size_bytes: int = 0
    first: datetime | None = None
    """When the oldest of them was made."""
    last: datetime | None = None
    """When the newest of them was made."""

    def add(self, found: OldRecording) -> None:
        self.recordings += 1
        self.duration_s += found.duration_s
        self.size_bytes += found.size_bytes
        self.first = min(self.first or found.made_at, found.made_at)
        self.last = max(self.last or found.made_at, found.made_at)


@dataclass(slots=True)
class Outlook:
    """What would be removed, by (site, with_results), and what is kept although it is old."""

    going: dict[tuple[str | None, bool], Totals] = field(default_factory=dict)
    best: Totals = field(default_factory=Totals)
    busy: Totals = field(default_factory=Totals)
    confirmed: Totals = field(default_factory=Totals)
    """A review confirms or corrects something that is heard in them."""
    reviewed: Totals = field(default_factory=Totals)
    """Part of `going`: they were reviewed, and their audio goes."""
    reviews_going: int = 0
    """Reviews of recordings that would be removed with their results."""
    not_fully_analyzed: Totals = field(default_factory=Totals)
    """Part of `going`: no analysis covered all of their audio, and once it is removed none can."""

    @property
    def recordings(self) -> int:
        return sum(totals.recordings for totals in self.going.values())

    def add(self, found: OldRecording) -> None:
        if found.is_busy:
            self.busy.add(found)
        elif found.is_confirmed:
            self.confirmed.add(found)
        elif found.is_best:
            self.best.add(found)
        else:
            self.going.setdefault((found.site, found.with_results), Totals()).add(found)
            self.reviews_going += found.reviews if found.with_results else 0
            if found.reviews and found.size_bytes:
                self.reviewed.add(found)
            if not found.is_analyzed:
                self.not_fully_analyzed.add(found)

    def document(self) -> dict[str, Any]:
        going = [
            {"site": site, "with_results": with_results, **asdict(totals)}
            for (site, with_results), totals in self.going.items()
        ]
        return {
            "going": going,
            "not_fully_analyzed": asdict(self.not_fully_analyzed),
            "kept_as_best": asdict(self.best),
            "kept_while_analyzed": asdict(self.busy),
            "kept_as_confirmed": asdict(self.confirmed),
            "reviewed": asdict(self.reviewed),
            "reviews_going": self.reviews_going,
        }


@dataclass(slots=True)
class Removed:
    """What a run has removed."""

    audio: int = 0
    """Recordings of which only the audio was removed."""
    with_results: int = 0
    """Recordings that were removed with all results."""
    reviews: int = 0
    """Reviews that went with these."""
    freed_bytes: int = 0
    """Includes audio that an interrupted earlier run left behind."""

    def document(self) -> dict[str, Any]:
        return asdict(self)


def open_operations_store(settings: CliSettings) -> AudioStore:
    """Return the store of CHORUS_STORE_URL or, if neither it nor CHORUS_DATABASE_URL is set, the embedded service's.

    Raises PermanentError if only the database is set, as its rows would be matched with another service's audio, or if
    the URL names no store.
    """
    if settings.database_url is not None and settings.store_url is None:
        raise PermanentError("no audio store: set CHORUS_STORE_URL to the store of the API that uses this database")
    return open_audio_store(settings.store_url or settings.embedded_store_url)


def look_ahead(database: Database, plan: RetentionPlan) -> Outlook:
    """Return what the plan would remove and keep; changes nothing."""
    outlook = Outlook()
    for batch in find_old(database, plan):
        for found in batch:
            outlook.add(found)
    return outlook


def carry_out(database: Database, store: AudioStore, plan: RetentionPlan, outlook: Outlook) -> Removed:
    """Remove what the plan allows, with a progress bar; may be interrupted at any point and run again.

    Raises PermanentError, before anything is changed, if the store seems to belong to another service.
    """
    check_store(database, store)
    removed = Removed(freed_bytes=delete_orphans(database, store.delete).size_bytes)
    with progress_bar() as progress:
        task = progress.add_task("removing", total=outlook.recordings, rate="")
        for batch in find_old(database, plan):
            gone = remove_old(database, plan, batch)
            counts = Counter(found.with_results for found in gone)
            removed.audio += counts[False]
            removed.with_results += counts[True]
            removed.reviews += sum(found.reviews for found in gone if found.with_results)
            removed.freed_bytes += delete_orphans(database, store.delete).size_bytes
            progress.update(task, advance=len(gone))
    return removed
