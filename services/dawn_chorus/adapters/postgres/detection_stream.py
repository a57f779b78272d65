"""All detections across recordings, page by page, each page in a transaction of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.detections import DetectionFilter, read_latest
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.reviews import reviews_of_rows
from dawn_chorus.adapters.postgres.rows import Row, read_findings
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.domain.errors import Replaced
from dawn_chorus.domain.exports.findings import Finding

_sql = load_queries("detection_stream")
_ROWS_A_PAGE = 1000


def stream_detections(database: Database, wanted: DetectionFilter) -> Iterator[Finding]:
    """Yield all detections in the order of `list_detections`, in bounded memory; no page holds a connection.

    Analyses count as they did at the first row: one that finishes meanwhile is left out, and does not end that one it
    replaces counts. If an analysis of which some rows are out is retried or deleted, or its recording is corrected,
    before the others are, Replaced is raised. What is deleted or corrected before its first row shows what it has
    become, and a recording that a correction moves from one side of the present row to the other is there twice or not
    at all.
    """
    stream = _Stream(wanted, *_begin(database))
    page: Row = {"before_time": None, "before_id": None, "n": _ROWS_A_PAGE}
    while True:
        with database.transaction() as connection:
            rows = read_latest(connection, replace(wanted, all_analyses=True), page)
            counted = stream.count(connection, rows)
            reviews = reviews_of_rows(connection, counted)
        yield from read_findings(counted, stream.codes, reviews, hides_voices=wanted.hides_voices)
        if len(rows) < _ROWS_A_PAGE:
            return
        page |= {"before_time": rows[-1]["started_at"], "before_id": rows[-1]["id"]}


def _begin(database: Database) -> tuple[datetime, Row]:
    with database.transaction() as connection:
        settled_before: datetime = _sql.settled_before(connection)
        return settled_before, _sql.recent(connection, settled_before=settled_before)


@dataclass(slots=True)
class _Stream:
    """Which analyses count, of those whose rows may still come."""

    wanted: DetectionFilter
    settled_before: datetime
    """Whatever finished before this counts."""
    recent: Row
    """Of what finished later, what had committed at the first row: the time alone does not tell."""
    known: dict[UUID, Row] = field(default_factory=dict)
    codes: dict[UUID, str] = field(default_factory=dict)
    """Of each known analysis the codes of its warnings."""

    def count(self, connection: Connection, rows: Sequence[Row]) -> list[Row]:
        """Return those rows of a page whose analyses count. Raises Replaced."""
        present = {row["analysis_id"] for row in rows}
        self._forget_ended(present, rows)
        new = present - self.known.keys()
        found = {row["id"]: row for row in self._read(connection, {*self.known, *new})}
        for analysis_id, before in self.known.items():
            if found.get(analysis_id) != before:
                raise Replaced(f"analysis {analysis_id} was changed or deleted while its rows were read: ask again")
        self.known = found
        self.codes |= warning_codes_of(connection, new)
        return [row for row in rows if row["analysis_id"] in found and found[row["analysis_id"]]["counts"]]

    def _forget_ended(self, present: set[UUID], rows: Sequence[Row]) -> None:
        """Forget the analyses that have no more rows: their recordings start later than the first row of this page.

        Undated rows come in the order in which they were stored, those of an analysis together.
        """
        at = rows[0]["started_at"] if rows else None
        for analysis_id, known in list(self.known.items()):
            starts_at = known["recorded_at"]
            if analysis_id not in present and (at is None or (starts_at is not None and starts_at > at)):
                del self.known[analysis_id], self.codes[analysis_id]

    def _read(self, connection: Connection, ids: set[UUID]) -> Iterator[Row]:
        found: Iterator[Row] = _sql.count_analyses(
            connection,
            ids=list(ids),
            settled_before=self.settled_before,
            recent_ids=self.recent["ids"],
            recent_finished=self.recent["finished"],
            all_analyses=self.wanted.all_analyses,
        )
        return found
