"""Warnings of analyses: stored segment by segment, read with neighbors joined."""

from collections.abc import Collection
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
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


def warning_codes_of(connection: Connection, analysis_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the codes of each analysis' warnings, joined by `;`."""
    return {analysis_id: join_codes(found) for analysis_id, found in warnings_of(connection, analysis_ids).items()}
