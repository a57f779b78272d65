"""Tables of labels: which of their columns are code, names and class."""

import csv
import io
from collections.abc import Mapping

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.names import find_forbidden
from dawn_chorus.inference.packs.names import shown
from dawn_chorus.inference.packs.tables import RULE_COLUMNS, TAXON_COLUMNS

_KNOWN: dict[str, tuple[str, ...]] = {
    "code": ("code", "ebird_code", "primary_label", "species_code", "ebird2021", "ebird2023"),
    "scientific_name": ("scientific_name", "scientific name", "latin_name"),
    "common_name": ("common_name", "common name", "english_name", "display_name"),
    "taxonomic_class": ("taxonomic_class", "class", "class_name", "taxon_class"),
}
"""What the columns of taxa.csv are called elsewhere."""


def find_columns(first_line: str, name: str) -> Mapping[str, int] | None:
    """Return the position of each known column; None: the first line is no header, but a name.

    Raises PermanentError for a .csv file with several columns, none of which is known.
    """
    cells = [cell.strip().lower() for cell in next(csv.reader([first_line]), [])]
    found = {
        wanted: cells.index(alias)
        for wanted, aliases in _KNOWN.items()
        for alias in reversed(aliases)
        if alias in cells
    }
    if "code" in found or "scientific_name" in found or "common_name" in found:
        return found | {column: cells.index(column) for column in RULE_COLUMNS if column in cells}
    if name.lower().endswith(".csv") and len(cells) > 1:
        raise PermanentError(
            f"{name}: line 1: none of {shown(', '.join(cells))} is a column that is known: name them "
            f"{', '.join(TAXON_COLUMNS)}, as in taxa.csv"
        )
    return None


def read_rows(text: str, columns: Mapping[str, int], name: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the names of further columns, and the cells of each taxon. Raises PermanentError, naming the line."""
    extra = tuple(column for column in RULE_COLUMNS if column in columns)
    reader, rows = csv.reader(io.StringIO(text.rstrip(), newline=""), strict=True), []
    try:
        n_cells = len(next(reader))
        for cells in reader:
            if len(cells) != n_cells:
                raise PermanentError(
                    f"{name}: line {reader.line_num}: has {len(cells)} cells, the header has {n_cells}"
                )
            row = tuple(
                cells[columns[column]].strip() if column in columns else "" for column in (*TAXON_COLUMNS, *extra)
            )
            if not any(row[:3]):
                raise PermanentError(
                    f"{name}: line {reader.line_num}: names no taxon: each column of the network needs one"
                )
            if odd := next(filter(find_forbidden, row), None):
                raise PermanentError(f"{name}: line {reader.line_num}: {shown(odd)}: holds a control character")
            rows.append(row)
    except csv.Error as error:
        raise PermanentError(f"{name}: line {reader.line_num}: is not CSV: {error}") from error
    return extra, rows
