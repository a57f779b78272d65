"""The taxa of the overview, put together from rows of counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.judged import taxon_unknown
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, local_time, read_taxon
from dawn_chorus.adapters.postgres.tally import DAY, HOUR_OF_DAY, SITE
from dawn_chorus.domain.taxonomy import Taxon

_COLUMNS = {HOUR_OF_DAY: "hour_of_day", DAY: "day", SITE: "site"}

_sql = load_queries("overview")


@dataclass(frozen=True, slots=True)
class HeardTaxon:
    """One taxon and where its detections lie."""

    taxon: Taxon
    detections: int
    by_hour: Mapping[int, int]
    by_day: Mapping[int, int]
    by_site: Mapping[str | None, int]
    undated: int
    """Those of no hour and no day."""
    first: datetime | None
    """When its first dated detection begins, by the recorder's clock; `last` likewise."""
    last: datetime | None
    verdicts: Mapping[str, int]
    """How many detections show a review that says this, by verdict; `corrected_to`: that they are of this taxon, where
    the model heard another. Empty if these were not counted."""


def sets_of(cells: Iterable[Row]) -> list[Row]:
    """Return the smallest cells as rows by hour of the day, by day and by site."""
    return [{**cell, **_hour(cell["hour"]), "grouping": grouping} for cell in cells for grouping in _COLUMNS]


def _hour(hour: int | None) -> Row:
    if hour is None:
        return {"hour_of_day": None, "day": None}
    return {"hour_of_day": hour % 24, "day": hour // 24}


def heard_taxa(
    connection: Connection, counted: Sequence[Row], judged: Sequence[Row], asked_for: Iterable[Row]
) -> list[HeardTaxon]:
    """Return the taxa by scientific name, most often heard first.

    Versions of a pack may differ in codes and common names: the most frequent ones stand for all.
    """
    taxa = read_taxa(connection, [*counted, *judged, *asked_for])
    ends = _ends(connection, counted)
    by_name: dict[str, list[int]] = defaultdict(list)
    for taxon_id, taxon in taxa.items():
        by_name[taxon.scientific_name].append(taxon_id)
    rows, verdicts = _by_taxon(counted), _by_taxon(judged)
    found = []
    for taxon_ids in by_name.values():
        own = [row for each in taxon_ids for row in rows[each]]
        said = [row for each in taxon_ids for row in verdicts[each]]
        often = max(taxon_ids, key=lambda each: sum(row["n"] for row in rows[each]))
        moments = [moment for each in taxon_ids for moment in ends.get(each, ())]
        found.append(_heard_taxon(taxa[often], own, said, moments))
    return sorted(found, key=lambda heard: (-heard.detections, heard.taxon.scientific_name))


def read_taxa(connection: Connection, rows: Iterable[Row]) -> Mapping[int, Taxon]:
    """Return the taxa of the rows by their ids."""
    by_id = {row["taxon_id"]: row for row in rows}
    found = {row["taxon_id"]: read_taxon(row) for row in _sql.taxa_named(connection, taxon_ids=list(by_id))}
    return found | {each: taxon for each, row in by_id.items() if (taxon := taxon_unknown(row)) is not None}


def _by_taxon(rows: Iterable[Row]) -> Mapping[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["taxon_id"]].append(row)
    return found


def _heard_taxon(taxon: Taxon, rows: Sequence[Row], judged: Sequence[Row], moments: Sequence[datetime]) -> HeardTaxon:
    by_hour, by_day, by_site = (_counts(rows, grouping) for grouping in _COLUMNS)
    verdicts: Counter[str] = Counter()
    for row in judged:
        verdicts[row["said"]] += row["n"]
    by_hour.pop(None, None)
    return HeardTaxon(
        taxon=taxon,
        detections=by_site.total(),
        undated=by_day.pop(None, 0),
        by_hour=by_hour,
        by_day=by_day,
        by_site=by_site,
        first=min(moments, default=None),
        last=max(moments, default=None),
        verdicts=verdicts,
    )


def _counts(rows: Iterable[Row], grouping: int) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for row in rows:
        if row["grouping"] == grouping:
            found[row[_COLUMNS[grouping]]] += row["n"]
    return found


def _ends(connection: Connection, counted: Iterable[Row]) -> Mapping[int, Sequence[datetime]]:
    """Return when each taxon was heard first and last, by the clocks of the recorders that heard it."""
    moments: defaultdict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for row in counted:
        if row["grouping"] == DAY and row["first"] is not None:
            heard_as: int = row.get("heard_as") or row["taxon_id"]
            moments[row["taxon_id"]] += [(row["first"], heard_as), (row["last"], heard_as)]
    ends = {taxon_id: {min(each), max(each)} for taxon_id, each in moments.items()}
    pairs = sorted({pair for each in ends.values() for pair in each})
    key = {"taxon_ids": [heard_as for _, heard_as in pairs], "moments": [moment for moment, _ in pairs]}
    shown = {
        (row["moment"], row["taxon_id"]): local_time(row["moment"], row["recorded_utc_offset_s"])
        for row in _sql.utc_offsets_of(connection, **key)
    }
    return {
        taxon_id: [moment for pair in each if (moment := shown.get(pair)) is not None]
        for taxon_id, each in ends.items()
    }
