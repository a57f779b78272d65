"""Reads a pack's tables: the taxa with their own event rules, and the columns of a member."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.names import is_control
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.packs.names import shown

TAXON_COLUMNS = ("code", "scientific_name", "common_name", "taxonomic_class")
RULE_COLUMNS = ("onset_threshold", "offset_threshold", "min_event_s", "min_gap_s")


def read_taxa(content: bytes, where: str, default: EventRule) -> tuple[tuple[Taxon, ...], EventRules]:
    """Return the taxa in their order, and their event rules. `where`: folder and file. Raises InvalidPack."""
    taxa: dict[str, Taxon] = {}
    by_taxon: dict[str, EventRule] = {}
    for line, row in _rows(content, where):
        taxon = Taxon(*(row[column] for column in TAXON_COLUMNS))
        if not taxon.code or taxon.code in taxa:
            raise InvalidPack(f"{where}: line {line}: code: {shown(taxon.code)!r} is empty or appears twice")
        taxa[taxon.code] = taxon
        own = {column: row[column] for column in RULE_COLUMNS if row.get(column)}
        if own:
            by_taxon[taxon.code] = _own_rule(own, default, f"{where}: line {line}")
    if not taxa:
        raise InvalidPack(f"{where}: code: the table has no taxa")
    return tuple(taxa.values()), EventRules(default, by_taxon)


def _rows(content: bytes, where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the cells by column name of each row."""
    try:
        reader = csv.DictReader(io.StringIO(_text_of(content, where), newline=""), strict=True)
        _check_header(where, reader.fieldnames or [])
        for row in reader:
            if None in row or None in row.values():
                raise InvalidPack(f"{where}: line {reader.line_num}: has more or fewer cells than the header")
            cells = {column: cell.strip() for column, cell in row.items()}
            if odd := next((cell for cell in cells.values() if any(map(is_control, cell))), None):
                raise InvalidPack(f"{where}: line {reader.line_num}: {shown(odd)}: holds a control character")
            yield reader.line_num, cells
    except csv.Error as error:
        raise InvalidPack(f"{where}: is not a CSV file: {error}") from error


def _text_of(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidPack(f"{where}: is not encoded in UTF-8: {error}") from error


def _check_header(where: str, header: Iterable[str]) -> None:
    for column in set(TAXON_COLUMNS).difference(header):
        raise InvalidPack(f"{where}: {column}: this column is missing")
    for column in set(header).difference(TAXON_COLUMNS, RULE_COLUMNS):
        raise InvalidPack(f"{where}: {shown(column)}: unknown column; check its spelling")


def _own_rule(own: dict[str, str], default: EventRule, where: str) -> EventRule:
    """Return a taxon's own rule; an onset threshold set alone lowers the offset threshold to at most its value."""
    try:
        values = {column: float(cell) for column, cell in own.items()}
    except ValueError as error:
        raise InvalidPack(f"{where}: {error}") from error
    rule = replace(default, **values)
    if "offset_threshold" not in values:
        rule = replace(rule, offset_threshold=min(rule.offset_threshold, rule.onset_threshold))
    if not 0 <= rule.offset_threshold <= rule.onset_threshold <= 1:
        raise InvalidPack(
            f"{where}: onset_threshold: 0 ≤ offset_threshold ≤ onset_threshold ≤ 1 does not hold for "
            f"{rule.offset_threshold} and {rule.onset_threshold}"
        )
    if not (0 <= rule.min_event_s < float("inf") and 0 <= rule.min_gap_s < float("inf")):
        raise InvalidPack(f"{where}: min_event_s and min_gap_s must be finite seconds ≥ 0")
    return rule


def read_columns(content: bytes, where: str, taxa: tuple[Taxon, ...]) -> NDArray[np.intp]:
    """Return the taxon of each output column, (n_columns,). Raises InvalidPack."""
    position = {taxon.code: number for number, taxon in enumerate(taxa)}
    codes = [line.strip() for line in _text_of(content, where).splitlines()]
    for line, code in enumerate(codes, start=1):
        if code not in position:
            raise InvalidPack(f"{where}: line {line}: {shown(code)!r} is not a code of the taxa table")
    if len(set(codes)) < len(codes):
        raise InvalidPack(f"{where}: a code appears twice: each taxon has one column")
    return np.array([position[code] for code in codes], np.intp)
