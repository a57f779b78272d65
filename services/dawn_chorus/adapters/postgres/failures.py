"""What was not analyzed, and why: the first failures of many analyses, or all of one, page by page."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from dawn_chorus.adapters.postgres.cursors import Page, read_index_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.adapters.postgres.values import Failure
from dawn_chorus.domain.analysis import SegmentState
from dawn_chorus.domain.errors import NotFound
from dawn_chorus.domain.lost_audio import MOST_STRETCHES, LostStretch

_sql = load_queries("failures")
_BEFORE_ALL = -1


def first_failures(connection: Connection, analysis_ids: Sequence[UUID], most: int) -> dict[UUID, tuple[Failure, ...]]:
    """Return the first failures of each analysis in order of time, and of all of them together the first stretches.

    At most `most` failures and as many stretches of each analysis: an archive that is damaged all over has millions.
    """
    rows = list(_sql.first_failures(connection, analysis_ids=list(analysis_ids), after=_BEFORE_ALL, n=most))
    found = _with_stretches(connection, rows, most)
    return {
        analysis_id: tuple(
            failure for row, failure in zip(rows, found, strict=True) if row["analysis_id"] == analysis_id
        )
        for analysis_id in analysis_ids
    }


def list_failures(
    database: Database, analysis_id: UUID, *, limit: int = 100, cursor: str | None = None
) -> Page[Failure]:
    """Return a page of an analysis' failures with all their stretches, in order of time.

    Raises NotFound, InvalidCursor.
    """
    after = read_index_cursor(cursor)
    with database.snapshot() as connection:
        if not _sql.analysis_exists(connection, analysis_id=analysis_id):
            raise NotFound(f"no analysis {analysis_id}")
        rows = list(_sql.first_failures(connection, analysis_ids=[analysis_id], after=after, n=limit + 1))
        found = _with_stretches(connection, rows[:limit], limit * MOST_STRETCHES)
    return Page(tuple(found), write_cursor(rows[limit - 1]["segment_index"]) if len(rows) > limit else None)


def _with_stretches(connection: Connection, rows: Iterable[Row], most: int) -> list[Failure]:
    """Return the failures of these rows; of each analysis with its first `most` stretches."""
    keys = [(row["analysis_id"], row["segment_index"]) for row in rows]
    values = {"analysis_ids": [key[0] for key in keys], "indexes": [key[1] for key in keys]}
    totals: dict[tuple[UUID, int], int] = {}
    lost: dict[tuple[UUID, int], list[LostStretch]] = {}
    if keys:
        counted = _sql.count_stretches(connection, **values)
        totals = {(row["analysis_id"], row["segment_index"]): row["n"] for row in counted}
    if totals:
        for row in _sql.first_stretches(connection, **values, n=most):
            stretch = LostStretch(row["start_s"], row["end_s"], row["reason"])
            lost.setdefault((row["analysis_id"], row["segment_index"]), []).append(stretch)
    return [_read_failure(row, lost.get(key, ()), totals) for key, row in zip(keys, rows, strict=True)]


def _read_failure(row: Row, lost: Sequence[LostStretch], totals: Mapping[tuple[UUID, int], int]) -> Failure:
    reason = row["reason"] or "lost"
    total = totals.get((row["analysis_id"], row["segment_index"]), 0)
    if not total and row["state"] != SegmentState.DONE:
        lost, total = [LostStretch(row["start_s"], row["end_s"], reason)], 1
    segment = (row["segment_index"], row["start_s"], row["end_s"], row["failed_s"])
    return Failure(*segment, reason=reason, lost=tuple(lost), lost_total=total)
