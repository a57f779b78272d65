"""Warnings of analyses: stored segment by segment, read with neighbors joined."""

from collections.abc import Collection
from uuid import UUID

from dawn_chorus.adapters.postgres.cursors import Page, read_index_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.domain.errors import NotFound
from dawn_chorus.domain.warnings import AnalysisWarning, join_codes, merge_warnings

_sql = load_queries("warnings")


def warnings_of(connection: Connection, analysis_ids: Collection[UUID]) -> dict[UUID, tuple[AnalysisWarning, ...]]:
    """Return the warnings of each analysis, in order of time."""
    found: dict[UUID, list[AnalysisWarning]] = {analysis_id: [] for analysis_id in analysis_ids}
    for row in _sql.get_warnings(connection, analysis_ids=list(found)):
        found[row["analysis_id"]].append(
            AnalysisWarning(row["code"], row["detail"], row["start_s"], row["end_s"], row["channel"])
        )
    return {analysis_id: merge_warnings(warnings) for analysis_id, warnings in found.items()}


def list_warnings(
    database: Database, analysis_id: UUID, *, limit: int = 100, cursor: str | None = None
) -> Page[AnalysisWarning]:
    """Return a page of an analysis' warnings, in order of time. Raises NotFound, InvalidCursor."""
    first = read_index_cursor(cursor) + 1
    with database.snapshot() as connection:
        if not _sql.analysis_exists(connection, analysis_id=analysis_id):
            raise NotFound(f"no analysis {analysis_id}")
        found = warnings_of(connection, [analysis_id])[analysis_id]
    end = first + limit
    return Page(found[first:end], write_cursor(end - 1) if end < len(found) else None)


def warning_codes_of(connection: Connection, analysis_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the codes of each analysis' warnings, joined by `;`."""
    return {analysis_id: join_codes(found) for analysis_id, found in warnings_of(connection, analysis_ids).items()}
