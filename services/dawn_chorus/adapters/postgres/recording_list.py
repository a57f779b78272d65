"""Lists of recordings, newest first."""

import unicodedata

from dawn_chorus.adapters.postgres.cursors import Page, read_id_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.packs import find_taxon_ids
from dawn_chorus.adapters.postgres.recordings import with_analyses
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.adapters.postgres.values import RecordingFilter, StoredRecording

_sql = load_queries("recording_list")


def list_recordings(
    database: Database, wanted: RecordingFilter, *, limit: int = 50, cursor: str | None = None
) -> Page[StoredRecording]:
    """Return a page of recordings, newest first. Raises InvalidCursor for a cursor that no page returned."""
    page = {"before_id": read_id_cursor(cursor), "n": limit + 1}
    with database.snapshot() as connection:
        rows = read_newest(connection, wanted, page)
        items = with_analyses(connection, rows[:limit])
    more = len(rows) > limit
    return Page(tuple(items), write_cursor(str(items[-1].recording.id)) if more else None)


def read_newest(connection: Connection, wanted: RecordingFilter, page: Row) -> list[Row]:
    """Return the rows of a page: the `n` that were created before the recording `before_id`."""
    composed, apart = (unicodedata.normalize(form, wanted.part_of_name) for form in ("NFC", "NFD"))
    filters = {
        "site": wanted.site,
        "sha256": wanted.sha256,
        "recorded_after": wanted.recorded_after,
        "recorded_before": wanted.recorded_before,
        "q": composed or None,
        "q_apart": apart if apart != composed else None,
        "state": wanted.state,
        "result": wanted.result,
        "has_reviews": wanted.has_reviews,
    }
    if not wanted.taxa and wanted.min_confidence is None:
        return list(_sql.list_recordings(connection, **filters, **page))
    heard = {
        "taxon_ids": find_taxon_ids(connection, wanted.taxa, ()),
        "min_confidence": wanted.min_confidence or 0.0,
    }
    return list(_sql.list_recordings_with(connection, **heard, **filters, **page))
