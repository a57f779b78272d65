"""JSON, NDJSON and CSV: all that is known of each detection."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from dawn_chorus.domain.exports.findings import (
    DETECTION_COLUMNS,
    LATER_COLUMNS,
    REVIEW_COLUMNS,
    SOURCE_COLUMNS,
    SPREAD_COLUMN,
    Finding,
    finding_row,
    fixed_numbers,
)

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")
"""How a cell begins that a spreadsheet runs; in East Asian settings the full-width signs count, too. One that has
apostrophes before that gets another, so that `read_csv_cell` knows whose they are."""
_BREAKS = str.maketrans("\t\r\n", "   ")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def ndjson_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one line with a JSON object per finding."""
    for finding in findings:
        yield json.dumps(finding_row(finding), ensure_ascii=False) + "\n"


def json_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one JSON array, one element per line."""
    yield "["
    for index, finding in enumerate(findings):
        yield (",\n" if index else "\n") + json.dumps(finding_row(finding), ensure_ascii=False)
    yield "\n]\n"


def csv_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield CSV with all columns, named as in the API."""
    columns = DETECTION_COLUMNS + SOURCE_COLUMNS + LATER_COLUMNS + REVIEW_COLUMNS + (SPREAD_COLUMN,)
    yield csv_line(columns)
    for finding in findings:
        row = finding_row(finding) | fixed_numbers(finding.detection)
        row |= row["review"] or {}
        yield csv_line([row.get(column) for column in columns])


def with_byte_order_mark(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines after U+FEFF, by which Excel knows that they are UTF-8."""
    yield "\ufeff"
    yield from lines


def csv_line(cells: Iterable[object]) -> str:
    """Return a line of CSV. Cells that a spreadsheet would take for a formula begin with an apostrophe.

    CSV is for people and their spreadsheets. Programs that need every character as it is read JSON, or the tables of
    Raven and Audacity, which know no formulas.
    """
    return plain_csv_line(_defused(cell) for cell in cells)


def plain_csv_line(cells: Iterable[object]) -> str:
    """Return a line of CSV for programs: every character stays as it is."""
    line = io.StringIO()
    # With this terminator the writer quotes carriage returns, too: readers take a bare one for the end of a line.
    csv.writer(line, lineterminator="\r\n").writerow(list(cells))
    return line.getvalue().removesuffix("\r\n") + "\n"


def tab_line(cells: Sequence[str]) -> str:
    """Return a tab-separated line for programs that read no quotes; tabs and line breaks become spaces."""
    line = "\t".join(cells)
    # Asked of the whole line first: hardly any cell has one.
    if line.count("\t") >= len(cells) or "\n" in line or "\r" in line:
        line = "\t".join(cell.translate(_BREAKS) for cell in cells)
    return line + "\n"


def _defused(cell: object) -> object:
    """Return the cell with an apostrophe before what would begin a formula; numbers, such as -3.5, stay numbers."""
    if not isinstance(cell, str) or not _FORMULA.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def read_csv_cell(cell: str) -> str:
    """Return what `csv_line` was given for a cell: without the apostrophe that it may have put before."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
