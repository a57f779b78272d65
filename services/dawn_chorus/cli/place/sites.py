"""sites.csv: for a card that holds many recorders, which folder is which site.

Columns: `folder`, and any of `site`, `latitude`, `longitude`, `time_zone`. A folder is looked for in the folders that
the command was given, beside them, and beside sites.csv; `.` is all. Of folders in folders the innermost counts.
"""

import csv
import io
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dawn_chorus.cli.output import print_warning
from dawn_chorus.cli.place.options import PlaceOptions
from dawn_chorus.cli.sources import Source
from dawn_chorus.domain.clock.start import StartFrom
from dawn_chorus.domain.clock.zones import parse_time_zone
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.names import displayed, find_forbidden

COLUMNS = ("folder", "site", "latitude", "longitude", "time_zone")
LIMITS = {"latitude": 90.0, "longitude": 180.0}


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One row; None: the cell is empty."""

    where: str
    """`sites.csv:3`, for messages."""
    folder: str
    site: str | None
    latitude: float | None
    longitude: float | None
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class Places:
    """What options and sites.csv say of each recording."""

    options: PlaceOptions
    rows: Mapping[str, SiteRow] = field(default_factory=dict)
    """By the real path of the folder."""

    def of(self, source: Source) -> PlaceOptions:
        """Return the options of a recording, completed by its row of sites.csv."""
        row = self._row(source)
        if row is None:
            return self.options
        given = {name: value for name in COLUMNS[1:] if (value := getattr(row, name)) is not None}
        if self.options.start_from is StartFrom.NONE:
            given.pop("time_zone", None)
        return replace(self.options, **given)

    def _row(self, source: Source) -> SiteRow | None:
        folder = Path(os.path.realpath(source.path.parent))
        return next((row for each in (folder, *folder.parents) if (row := self.rows.get(str(each)))), None)

    def report_unnamed(self, sources: Iterable[Source]) -> None:
        """Print how many recordings lie in no folder of sites.csv."""
        unnamed = [source for source in sources if self._row(source) is None] if self.rows else []
        if unnamed:
            print_warning(f"in no folder of sites.csv: {len(unnamed)} recordings, such as {unnamed[0].shown}")


def plan_places(
    options: PlaceOptions, sites_csv: Path | None, paths: Sequence[Path], sources: Sequence[Source]
) -> Places:
    """Return what is known of each recording under the paths; print what sites.csv leaves open.

    Raises PermanentError for options that `PlaceOptions.check` refuses, for a sites.csv that cannot be read or is wrong
    (with its line), and for a row that contradicts an option.
    """
    options.check(sources)
    if sites_csv is None:
        return Places(options)
    rows = read_sites(sites_csv)
    for row in rows:
        _refuse_contradiction(row, options)
    places = Places(options, _by_folder(rows, _bases(sites_csv, paths)))
    places.report_unnamed(sources)
    return places


def read_sites(path: Path) -> list[SiteRow]:
    """Return the rows. Raises PermanentError, naming file and line, for what cannot be read or is wrong."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PermanentError(f"{displayed(path)}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PermanentError(f"{displayed(path)}: is not UTF-8; save it as CSV UTF-8") from error
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        numbered = ((f"{displayed(path)}:{lines.line_num}", cells) for cells in lines)
        rows = list(_read_rows(numbered, decimal_comma=delimiter != ","))
    except csv.Error as error:
        raise PermanentError(f"{displayed(path)}:{lines.line_num}: {error}") from error
    if not rows:
        raise PermanentError(f"{displayed(path)}: has no row; write {','.join(COLUMNS)} and a line for each folder")
    return rows


def _read_rows(lines: Iterable[tuple[str, list[str]]], *, decimal_comma: bool) -> Iterator[SiteRow]:
    columns: list[str] | None = None
    for where, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = _read_header(cells, where)
            continue
        if any(cell.strip() for cell in cells[len(columns) :]):
            raise PermanentError(f"{where}: has {len(cells)} cells for {len(columns)} columns")
        row = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
        yield _read_row({column: text for column, text in row.items() if text}, where, decimal_comma=decimal_comma)


def _read_header(cells: list[str], where: str) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    while not columns[-1]:  # spreadsheets write columns that were once filled
        columns.pop()
    if unknown := [column for column in columns if column not in COLUMNS]:
        raise PermanentError(f"{where}: there is no column {unknown[0]!r}; the columns are {', '.join(COLUMNS)}")
    if "folder" not in columns or len(set(columns)) < len(columns):
        raise PermanentError(f"{where}: the column folder must be there, and every column once")
    return columns


def _read_row(cells: Mapping[str, str], where: str, *, decimal_comma: bool) -> SiteRow:
    if "folder" not in cells:
        raise PermanentError(f"{where}: names no folder; a dot is all folders")
    numbers = {name: _read_number(name, cells.get(name), where, decimal_comma=decimal_comma) for name in LIMITS}
    if (numbers["latitude"] is None) != (numbers["longitude"] is None):
        raise PermanentError(f"{where}: latitude and longitude belong together: write both or neither")
    site, zone = cells.get("site"), cells.get("time_zone")
    if site is not None and find_forbidden(site) is not None:
        raise PermanentError(f"{where}: site holds a control character")
    try:
        zone_name = None if zone is None else parse_time_zone(zone).name
    except ValueError as error:
        raise PermanentError(f"{where}: time_zone: {error}") from error
    return SiteRow(where, cells["folder"].replace("\\", "/"), site, **numbers, time_zone=zone_name)


def _read_number(name: str, text: str | None, where: str, *, decimal_comma: bool) -> float | None:
    if text is None:
        return None
    try:
        number = float(text.replace(",", ".") if decimal_comma else text)
    except ValueError:
        number = math.nan
    if not abs(number) <= LIMITS[name]:
        limit = f"{LIMITS[name]:g}"
        raise PermanentError(f"{where}: {name}: {text!r} is no number of degrees from -{limit} to {limit}")
    return number


def _refuse_contradiction(row: SiteRow, options: PlaceOptions) -> None:
    for name in ("site", "latitude", "longitude"):
        said, given = getattr(row, name), getattr(options, name)
        if said is not None and given is not None and said != given:
            raise PermanentError(f"{row.where}: {name} is {said} here and {given} by --{name}: leave one of them out")


def _bases(sites_csv: Path, paths: Sequence[Path]) -> list[Path]:
    """Return the folders in which the folders of sites.csv are looked for."""
    given = [path if path.is_dir() else path.parent for path in paths]
    return [*given, *(Path(os.path.abspath(folder)).parent for folder in given), sites_csv.parent]  # noqa: PTH100


def _by_folder(rows: Iterable[SiteRow], bases: Sequence[Path]) -> dict[str, SiteRow]:
    """Return the rows by the real paths of their folders; the row `.` has what no other row names."""
    found: dict[str, SiteRow] = {}
    for row in sorted(rows, key=_is_all):
        folders = {os.path.realpath(base / row.folder) for base in bases if (base / row.folder).is_dir()}
        if not folders:
            print_warning(f"{row.where}: there is no folder {row.folder}")
        for folder in folders:
            if folder in found and _is_all(row) and not _is_all(found[folder]):
                continue
            if folder in found:
                raise PermanentError(f"{row.where}: {row.folder} is the folder of {found[folder].where}; keep one row")
            found[folder] = row
    return found


def _is_all(row: SiteRow) -> bool:
    return Path(row.folder) == Path()
