"""Makes the events of what changed: each with what the GET of that recording, analysis or export would answer now."""

import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from uuid import UUID

from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.postgres.analyses import get_statuses
from dawn_chorus.adapters.postgres.changes import Look, Unfinished, delete_old_changes, list_unfinished, look
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.exports import get_exports
from dawn_chorus.adapters.postgres.recordings import get_recordings
from dawn_chorus.api.changes.feed import Change, Missed
from dawn_chorus.api.models.exports import REMOVED, export_out
from dawn_chorus.api.models.rendering import analysis_out, recording_out

_PAGE = 100
_TIDY_EVERY_S = 60.0


class DatabaseChanges:
    """A `ChangeSource`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._before: Look | None = None
        self._told: dict[tuple[str, str], int] = {}
        """Hashes of what the look before told: a thing is read as it is by then, and may be ahead of that look."""
        self._tidied_at = time.monotonic()

    async def begin(self) -> None:
        self._before = await run_in_threadpool(look, self._database, None)

    async def look(self) -> AsyncIterator[Sequence[Change]]:
        found = await run_in_threadpool(look, self._database, self._before)
        if found is None:
            raise Missed
        told: dict[tuple[str, str], int] = {}
        read: Callable[[Database, Sequence[UUID]], Sequence[Change]]
        for ids, read in (
            (found.recording_ids, recording_changes),
            (found.analysis_ids, analysis_changes),
            (found.deleted_ids, _deletions),
            (found.export_ids, export_changes),
        ):
            for first in range(0, len(ids), _PAGE):
                changes = await run_in_threadpool(read, self._database, ids[first : first + _PAGE])
                told |= {(change.event, change.id): hash(change.data) for change in changes}
                yield [each for each in changes if self._told.get((each.event, each.id)) != hash(each.data)]
        self._before, self._told = found, told
        if time.monotonic() - self._tidied_at > _TIDY_EVERY_S:
            self._tidied_at = time.monotonic()
            await run_in_threadpool(delete_old_changes, self._database)

    async def list_unfinished(self, after: Unfinished | None) -> tuple[Sequence[Change], Unfinished | None]:
        return await run_in_threadpool(partial(_unfinished_changes, self._database, after))


def recording_changes(database: Database, recording_ids: Sequence[UUID]) -> Sequence[Change]:
    """Return the recordings as they are; those deleted meanwhile are left out, and have a change of their own."""
    found = get_recordings(database, recording_ids)
    statuses = get_statuses(database, [analysis.id for stored in found for analysis in stored.analyses])
    return [
        Change("recording", str(stored.recording.id), recording_out(
            stored.recording, [statuses[each.id] for each in stored.analyses if each.id in statuses]
        ).model_dump_json())
        for stored in found
    ]  # fmt: skip


def analysis_changes(database: Database, analysis_ids: Sequence[UUID]) -> Sequence[Change]:
    """Return the analyses as they are; those deleted meanwhile are left out."""
    statuses = get_statuses(database, analysis_ids)
    return [
        Change("finished" if status.terminal else "progress", str(analysis_id), analysis_out(status).model_dump_json())
        for analysis_id, status in statuses.items()
    ]


def _deletions(_: Database, recording_ids: Sequence[UUID]) -> Sequence[Change]:
    return [Change("deleted", str(each), json.dumps({"id": str(each)})) for each in recording_ids]


def export_changes(database: Database, export_ids: Sequence[UUID]) -> Sequence[Change]:
    """Return the exports as they are; of those that were removed, that they were."""
    found = {export.id: export_out(export).model_dump_json() for export in get_exports(database, export_ids)}
    return [
        Change("export", str(each), found.get(each) or json.dumps({"id": str(each), "state": REMOVED}))
        for each in export_ids
    ]


def _unfinished_changes(database: Database, after: Unfinished | None) -> tuple[Sequence[Change], Unfinished | None]:
    found = list_unfinished(database, after, _PAGE)
    changes = analysis_changes(database, [each.id for each in found])
    return changes, found[-1] if len(found) == _PAGE else None
