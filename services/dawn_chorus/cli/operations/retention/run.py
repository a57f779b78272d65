"""What a run of retention would do, and the run: rows first, then the bytes that no row promises any more."""

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
class Heap:
    """Recordings, added up."""

    recordings: int = 0
    duration_s: float = 0.0
    size_bytes: int = 0
    first: datetime | None = None
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
    """What would go, by site and by whether the results go too, and what stays in spite of its age."""

    going: dict[tuple[str | None, bool], Heap] = field(default_factory=dict)
    best: Heap = field(default_factory=Heap)
    busy: Heap = field(default_factory=Heap)
    unheard: Heap = field(default_factory=Heap)
    """Of what would go: recordings that no analysis heard all of, which after that none can."""

    @property
    def recordings(self) -> int:
        return sum(heap.recordings for heap in self.going.values())

    def add(self, found: OldRecording) -> None:
        if found.is_busy:
            self.busy.add(found)
        elif found.is_best:
            self.best.add(found)
        else:
            self.going.setdefault((found.site, found.with_results), Heap()).add(found)
            if not found.is_analyzed:
                self.unheard.add(found)

    def document(self) -> dict[str, Any]:
        going = [
            {"site": site, "with_results": with_results, **asdict(heap)}
            for (site, with_results), heap in self.going.items()
        ]
        return {
            "going": going,
            "not_fully_analyzed": asdict(self.unheard),
            "kept_as_best": asdict(self.best),
            "kept_while_analyzed": asdict(self.busy),
        }


@dataclass(slots=True)
class Removed:
    """What a run did."""

    audio: int = 0
    """Recordings that lost their audio alone."""
    with_results: int = 0
    freed_bytes: int = 0
    """More than the recordings had where an earlier run broke off."""

    def document(self) -> dict[str, Any]:
        return asdict(self)


def open_operations_store(settings: CliSettings) -> AudioStore:
    """Open the store of CHORUS_STORE_URL or, without a database of its own, that of the embedded service.

    Raises PermanentError where only one of the two is named: rows of one service and audio of another.
    """
    if settings.database_url is not None and settings.store_url is None:
        raise PermanentError("no audio store: set CHORUS_STORE_URL to the one that the API of this database has")
    try:
        return open_audio_store(settings.store_url or settings.embedded_store_url)
    except ValueError as error:
        raise PermanentError(str(error)) from error


def look_ahead(database: Database, plan: RetentionPlan) -> Outlook:
    """Look at everything the plan reaches, and change nothing."""
    outlook = Outlook()
    for some in find_old(database, plan):
        for found in some:
            outlook.add(found)
    return outlook


def carry_out(database: Database, store: AudioStore, plan: RetentionPlan, outlook: Outlook) -> Removed:
    """Let go of what may go, with a bar; may be broken off and run again at any point.

    Raises PermanentError, before anything is changed, when the store seems to be another service's.
    """
    check_store(database, store)
    removed = Removed(freed_bytes=delete_orphans(database, store.delete).size_bytes)
    with progress_bar() as progress:
        task = progress.add_task("removing", total=outlook.recordings, rate="")
        for some in find_old(database, plan):
            gone = remove_old(database, plan, some)
            tally = Counter(found.with_results for found in gone)
            removed.audio += tally[False]
            removed.with_results += tally[True]
            removed.freed_bytes += delete_orphans(database, store.delete).size_bytes
            progress.update(task, advance=len(gone))
    return removed
