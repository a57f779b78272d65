"""Reads a pack's tables: the taxa with their own event rules, and the columns of a member."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.names import is_control
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.packs.faults import Faults
from dawn_chorus.inference.packs.names import find_meant, shown

TAXON_COLUMNS = ("code", "scientific_name", "common_name", "taxonomic_class")
RULE_COLUMNS = ("onset_threshold", "offset_threshold", "min_event_s", "min_gap_s")
_COLUMNS = {*TAXON_COLUMNS, *RULE_COLUMNS}

MOST_TOLD = 20
"""Of the faults of one table."""
_MOST_FOUND = 1000
"""A table with more faulty lines is no such table, and is not read on."""


@dataclass(frozen=True, slots=True)
class TaxaTable:
    """The taxa in their order, one for each row, also for a row with faults."""

    taxa: tuple[Taxon, ...]
    rules: EventRules
    is_whole: bool
    """Whether no row has a fault."""
    n_doubtful: int
    """How many rows may be none: their codes or cells are wrong."""


@dataclass(frozen=True, slots=True)
class CodeTable:
    """Codes of taxa, a line each."""

    taxa: NDArray[np.intp]
    """(n_lines,), by position in the taxa table; 0 stands for an unknown code."""
    is_whole: bool
    """Whether no line has a fault."""
    n_doubtful: int
    """How many lines may be none, as their codes are unknown or were there before."""


def read_taxa(content: bytes, where: str, default: EventRule) -> tuple[tuple[Taxon, ...], EventRules]:
    """Return the taxa in their order, and their event rules; `where`: folder and file. Raises InvalidPack."""
    faults = Faults()
    table = draft_taxa(content, where, default, faults)
    faults.raise_any()
    return (table.taxa, table.rules) if table else ((), EventRules(default, {}))


def draft_taxa(content: bytes, where: str, default: EventRule, faults: Faults) -> TaxaTable | None:
    """Return the taxa and their event rules, after adding the table's faults; None if it cannot be read to its end.

    `where`: folder and file.
    """
    own = Faults(MOST_TOLD, f"{where}: ")
    taxa: list[Taxon] = []
    by_taxon: dict[str, EventRule] = {}
    seen: set[str] = set()
    n_doubtful = 0
    try:
        for place, row in _rows(content, where, own):
            taxon = Taxon(*(row.get(column, "") for column in TAXON_COLUMNS))
            n_doubtful += not taxon.code or taxon.code in seen or len(row) < len(TAXON_COLUMNS)
            if not taxon.code or taxon.code in seen:
                own.add(f"{place}: code: {shown(taxon.code)!r} is empty or appears twice")
            seen.add(taxon.code)
            taxa.append(taxon)
            if any(row.get(column) for column in RULE_COLUMNS):
                by_taxon[taxon.code] = _own_rule(row, default, place, own)
            if own.n_found > _MOST_FOUND:
                own.add(f"{place}: the table is not read on")
                return None
        if not taxa and not own:
            own.add(f"{where}: code: the table has no taxa")
    except csv.Error as error:
        own.add(f"{where}: is not a CSV file: {error}")
        return None
    finally:
        faults.add(*own.lines())
    return TaxaTable(tuple(taxa), EventRules(default, by_taxon), not own, n_doubtful) if taxa else None


def _rows(content: bytes, where: str, faults: Faults) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the place and the cells by column name of each row, after adding what is wrong with it as a row."""
    reader = csv.DictReader(io.StringIO(_text_of(content, where, faults), newline=""), strict=True)
    if not _has_codes(where, reader.fieldnames or [], faults):
        return
    for row in reader:
        place = f"{where}: line {reader.line_num}"
        if None in row or None in row.values():
            faults.add(f"{place}: has more or fewer cells than the header")
            yield place, {"code": (row["code"] or "").strip()}
            continue
        cells = {column: cell.strip() for column, cell in row.items()}
        if odd := next((cell for cell in cells.values() if any(map(is_control, cell))), None):
            faults.add(f"{place}: {shown(odd)}: holds a control character")
        yield place, cells


def _text_of(content: bytes, where: str, faults: Faults) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.add(f"{where}: is not encoded in UTF-8: {error} (line {line})")
        return content.decode("utf-8-sig", "replace")


def _has_codes(where: str, header: Iterable[str], faults: Faults) -> bool:
    """Return whether there is a column of codes, after adding what is wrong with the header."""
    columns = list(header)
    missing = [column for column in TAXON_COLUMNS if column not in columns]
    for column in dict.fromkeys(columns):
        if column not in _COLUMNS:
            meant = None if faults.n_found >= MOST_TOLD else find_meant(column, [*missing, *RULE_COLUMNS])
            if meant in missing:
                missing.remove(meant)
            advice = f"did you mean `{meant}`?" if meant else "check its spelling"
            faults.add(f"{where}: {shown(column)}: unknown column; {advice}")
    for column in missing:
        faults.add(f"{where}: {column}: this column is missing")
    return "code" in columns


def _own_rule(row: Mapping[str, str], default: EventRule, place: str, faults: Faults) -> EventRule:
    """Return a taxon's own rule; an onset threshold set alone lowers the offset threshold to at most its value."""
    values: dict[str, float] = {}
    for column in RULE_COLUMNS:
        try:
            if row.get(column):
                values[column] = float(row[column])
        except ValueError as error:
            faults.add(f"{place}: {error} ({column})")
            return default
    rule = replace(default, **values)
    if "offset_threshold" not in values:
        rule = replace(rule, offset_threshold=min(rule.offset_threshold, rule.onset_threshold))
    if not 0 <= rule.offset_threshold <= rule.onset_threshold <= 1:
        faults.add(
            f"{place}: onset_threshold: 0 ≤ offset_threshold ≤ onset_threshold ≤ 1 does not hold for "
            f"{rule.offset_threshold} and {rule.onset_threshold}"
        )
    if not (0 <= rule.min_event_s < float("inf") and 0 <= rule.min_gap_s < float("inf")):
        faults.add(f"{place}: min_event_s and min_gap_s must be finite seconds ≥ 0")
    return rule


def draft_codes(content: bytes, where: str, taxa: tuple[Taxon, ...] | None, faults: Faults) -> CodeTable:
    """Return the codes, a line each, after adding the table's faults; `taxa` None: it is not known which there are."""
    own = Faults(MOST_TOLD, f"{where}: ")
    position = {taxon.code: number for number, taxon in enumerate(taxa or ())}
    codes = [line.strip() for line in _text_of(content, where, own).splitlines()]
    seen: set[str] = set()
    twice: list[str] = []
    for line, code in enumerate(codes, start=1):
        if taxa is not None and code not in position:
            own.add(f"{where}: line {line}: {shown(code)!r} is not a code of the taxa table")
        elif code in seen:
            twice.append(f"line {line}: {shown(code)!r}")
        seen.add(code)
        if own.n_found + len(twice) > _MOST_FOUND:
            own.add(f"{where}: line {line}: the table is not read on")
            break
    if twice:
        listed = ", ".join(twice[:3]) + (f", and {len(twice) - 3} more" if len(twice) > 3 else "")
        own.add(f"{where}: a code appears twice: each taxon has one column ({listed})")
    if not codes:
        own.add(f"{where}: is empty; write a code a line")
    faults.add(*own.lines())
    n_doubtful = len(codes) - len(seen & position.keys() if taxa else seen)
    return CodeTable(np.array([position.get(code, 0) for code in codes], np.intp), not own, n_doubtful)
