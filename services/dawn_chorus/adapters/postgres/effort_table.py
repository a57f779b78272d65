"""The overview as a table with a row for each site, day, hour and taxon, day by day and in bounded memory."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.judged import read_judged
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.overview import Overview, OverviewFilter, count_detections, day_of
from dawn_chorus.adapters.postgres.overview_counts import read_taxa
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.adapters.postgres.tally import SITE
from dawn_chorus.domain.taxonomy import Taxon

_sql = load_queries("overview")
_LAST_DAY = date.max - timedelta(days=1)
_Place = tuple[str | None, int | None]
"""A site and an hour since the first day; None: without a site, undated."""


@dataclass(frozen=True, slots=True)
class EffortRow:
    """What was heard of one taxon at one site in one hour of one day, by the recorder's clock."""

    site: str | None
    day: date | None
    """None, like the hour: of recordings without a time."""
    hour: int | None
    taxon: Taxon
    detections: int
    listened_s: float
    verdicts: Mapping[str, int]
    """How many of the detections show a review that says this, as in `HeardTaxon`."""


def read_effort_table(
    database: Database, wanted: OverviewFilter, overview: Overview, *, zeros: bool
) -> Iterator[EffortRow]:
    """Yield the rows of each day, then the undated ones; each day as it is when it is read.

    `zeros`: also where somebody listened and a taxon of the overview was not heard. No connection is held between days.
    """
    taxa = [heard.taxon for heard in overview.taxa] if zeros else []
    for number in overview.by_day:
        day = day_of(number)
        bounds = {"from_clock": day, "to_clock": min(day, _LAST_DAY) + timedelta(days=1)}
        yield from _rows(database, wanted, bounds, taxa)
    if wanted.from_ is None and wanted.to is None:
        yield from _rows(database, wanted, {"undated": True}, taxa)


def _rows(database: Database, wanted: OverviewFilter, bounds: Row, taxa: Sequence[Taxon]) -> list[EffortRow]:
    with database.snapshot() as connection:
        _sql.work_in_memory(connection)
        key = wanted.key(connection) | bounds | {"by_cell": True}
        listened = {_place(row): row["seconds"] for row in _sql.hours_listened(connection, **key) if _is_cell(row)}
        judged = read_judged(connection, wanted.reviewed, key).rows
        counted = [row for row in count_detections(connection, wanted, key, judged) if _is_cell(row)]
        known = read_taxa(connection, [*counted, *judged])
    counts: Counter[Any] = Counter()
    verdicts: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    for row in counted:
        counts[_place(row), known[row["taxon_id"]].scientific_name] += row["n"]
    for row in judged:
        verdicts[_place(row), known[row["taxon_id"]].scientific_name][row["said"]] += row["n"]
    names = {taxon.scientific_name: taxon for taxon in [*known.values(), *taxa]}
    cells = {(place, taxon.scientific_name) for place in listened for taxon in taxa} | counts.keys()
    return [
        EffortRow(
            *_where(place), names[name], counts[place, name], float(listened.get(place, 0)), verdicts[place, name]
        )
        for place, name in sorted(cells, key=_order)
    ]


def _is_cell(row: Row) -> bool:
    return bool(row["grouping"] == SITE)


def _place(row: Row) -> _Place:
    return row["site"], row["hour"]


def _where(place: _Place) -> tuple[str | None, date | None, int | None]:
    site, hour = place
    return (site, None, None) if hour is None else (site, day_of(hour // 24), hour % 24)


def _order(cell: tuple[_Place, str]) -> tuple[bool, str, int, str]:
    (site, hour), name = cell
    return site is None, site or "", hour or 0, name
