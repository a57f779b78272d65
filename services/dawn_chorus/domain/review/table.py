"""Reviews as CSV: the rows that the API shows, and the same table read back."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from dawn_chorus.domain.exports.findings import clock_time, utc_time
from dawn_chorus.domain.exports.tables import csv_line, read_csv_cell
from dawn_chorus.domain.review.verdicts import Review

COLUMNS = (
    "id",
    "recording_id",
    "scientific_name",
    "common_name",
    "onset_s",
    "offset_s",
    "verdict",
    "corrected_taxon",
    "note",
    "reviewer",
    "reviewed_at",
    "strategy",
    "file",
    "site",
    "started_at",
)
FOR_PEOPLE = frozenset({"id", "common_name", "file", "site", "started_at"})
"""Columns that say what others mean; they are not read."""
NEEDED = ("recording_id", "scientific_name", "onset_s", "offset_s", "verdict")


class UnreadableTable(Exception):
    """A table is not of the form that is expected; the message names the line and says what to do."""


def listed_row(
    review: Review, common_name: str, file: str, site: str | None, recorded_at: datetime | None
) -> dict[str, Any]:
    """Return a review by `COLUMNS`."""
    return {
        "id": str(review.id),
        "recording_id": str(review.recording_id),
        "scientific_name": review.scientific_name,
        "common_name": common_name,
        "onset_s": review.onset_ms / 1000,
        "offset_s": review.offset_ms / 1000,
        "verdict": review.verdict.value,
        "corrected_taxon": review.corrected_taxon,
        "note": review.note,
        "reviewer": review.reviewer,
        "reviewed_at": utc_time(review.reviewed_at),
        "strategy": review.strategy and review.strategy.value,
        "file": file,
        "site": site,
        "started_at": clock_time(recorded_at, review.onset_ms / 1000),
    }


def review_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield CSV with all columns."""
    yield csv_line(COLUMNS)
    for row in rows:
        fixed = {name: f"{row[name]:.3f}" for name in ("onset_s", "offset_s")}
        yield csv_line([{**row, **fixed}[column] for column in COLUMNS])


def read_review_table(text: str, *, most: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number of the line on which each row begins, from 1, and its cells by column, without empty ones.

    Columns may come in any order; blank lines are passed over. Raises UnreadableTable for anything else that is no such
    table, and for more than `most` rows.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    columns: list[str] | None = None
    rows, line = 0, 1
    try:
        for cells in reader:
            number, line = line, reader.line_num + 1
            if not any(cells):
                continue
            if columns is None:
                columns = _check_columns(cells)
                continue
            rows += 1
            if rows > most:
                raise UnreadableTable(f"line {number}: at most {most} rows are taken at once; send the rest apart")
            if len(cells) != len(columns):
                raise UnreadableTable(f"line {number}: {len(cells)} cells, where the first line names {len(columns)}")
            named = zip(columns, map(read_csv_cell, cells), strict=True)
            yield number, {name: cell for name, cell in named if cell and name not in FOR_PEOPLE}
    except csv.Error as error:
        raise UnreadableTable(f"line {reader.line_num}: {error}") from error
    if not rows:
        raise UnreadableTable("the table has no rows")


def _check_columns(cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    if missing := [name for name in NEEDED if name not in columns]:
        hint = "; separate cells by commas, not by semicolons or tabs" if len(columns) == 1 else ""
        raise UnreadableTable(f"line 1: the columns {', '.join(missing)} are missing{hint}")
    if unknown := [name for name in columns if name not in COLUMNS]:
        raise UnreadableTable(f"line 1: unknown columns {', '.join(unknown)}; known are {', '.join(COLUMNS)}")
    if len(set(columns)) < len(columns):
        raise UnreadableTable("line 1: a column is there twice")
    return columns
