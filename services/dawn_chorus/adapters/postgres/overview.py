"""The overview: which taxa were heard at which hours, on which days and at which sites, and how long somebody listened.

Hours and days are those of each recorder's own clock. Nothing is kept in summary tables: all of it is added up at once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.packs import find_taxon_ids
from dawn_chorus.adapters.postgres.rows import Row, local_time, read_taxon
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.taxonomy import Taxon

FIRST_DAY = date(1800, 1, 1)
"""Days are numbered from here, before sound was first recorded."""
_LARGEST_OFFSET = timedelta(days=1)
_HOUR_OF_DAY, _DAY, _SITE, _ALL = 3, 5, 6, 7
"""What PostgreSQL's grouping(hour of day, day, site) is where only this one is told; 7: none of them."""

_sql = load_queries("overview")


@dataclass(frozen=True, slots=True)
class OverviewFilter:
    """Selects what is counted; an empty or None field does not restrict."""

    pack: str
    """Of each recording the analysis with this pack that counts."""
    site: str | None = None
    from_: datetime | date | None = None
    """From this instant on; a date: from its midnight on by each recorder's clock. Excludes what is undated."""
    to: datetime | date | None = None
    """Before this instant, or before that midnight; excludes what is undated."""
    taxa: tuple[str, ...] = ()
    """Codes, scientific or common names, in any case."""
    classes: tuple[str, ...] = ()
    min_confidence: float = 0.0

    @property
    def bounds(self) -> Row:
        """Return both bounds as instants and as seconds of clocks; of a date the instant is a day too generous."""
        return {
            "from_time": self.from_ if isinstance(self.from_, datetime) else _shifted(self.from_, -_LARGEST_OFFSET),
            "to_time": self.to if isinstance(self.to, datetime) else _shifted(self.to, _LARGEST_OFFSET),
            "from_s": _clock_s(self.from_),
            "to_s": _clock_s(self.to),
        }


def _shifted(day: date | None, by: timedelta) -> datetime | None:
    if day is None:
        return None
    bounded = min(max(day, date(2, 1, 1)), date(9998, 12, 31))
    return datetime(bounded.year, bounded.month, bounded.day, tzinfo=UTC) + by


def _clock_s(bound: datetime | date | None) -> int | None:
    if bound is None or isinstance(bound, datetime):
        return None
    return (bound - FIRST_DAY).days * 86_400


@dataclass(frozen=True, slots=True)
class Part:
    """An hour of the day, a day, a site, what is undated, or all of it."""

    listened_s: float
    """Analyzed, without what was lost."""
    detections: int = 0
    richness: int = 0
    """How many taxa were heard."""


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


@dataclass(frozen=True, slots=True)
class Overview:
    """What was heard and how long somebody listened, each part by its key."""

    by_hour: Mapping[int, Part]
    by_day: Mapping[int, Part]
    """By days since `FIRST_DAY`, in order; those on which somebody listened or something was heard."""
    by_site: Mapping[str | None, Part]
    """By name, in order; None: recordings without a site."""
    undated: Part
    total: Part
    taxa: Sequence[HeardTaxon]
    """Most often heard first. Taxa that were asked for and not heard are there too, if the pack knows them."""


def day_of(number: int) -> date:
    """Return the day that is so many days after the first one."""
    return FIRST_DAY + timedelta(days=number)


def read_overview(database: Database, wanted: OverviewFilter) -> Overview:
    """Return the counts and the hours of one moment."""
    key = {"pack": wanted.pack, "site": wanted.site, **wanted.bounds}
    with database.snapshot() as connection:
        taxon_ids = find_taxon_ids(connection, wanted.taxa, wanted.classes)
        listened = list(_sql.hours_listened(connection, **key))
        more = {"taxon_ids": taxon_ids, "min_confidence": wanted.min_confidence}
        counted = list(_sql.detections_counted(connection, **more, **key))
        # Taxa that were asked for by name and not heard are an answer, too.
        asked_for = list(_sql.taxa_of_pack(connection, pack=wanted.pack, taxon_ids=taxon_ids)) if wanted.taxa else []
    return _overview(listened, _heard_taxa([*counted, *asked_for]))


def _heard_taxa(rows: Sequence[Row]) -> list[HeardTaxon]:
    """Return the taxa by scientific name: versions of a pack may differ in codes and common names."""
    by_name = sorted(rows, key=itemgetter("scientific_name"))
    taxa = [_heard_taxon(list(each)) for _, each in groupby(by_name, key=itemgetter("scientific_name"))]
    return sorted(taxa, key=lambda heard: (-heard.detections, heard.taxon.scientific_name))


def _heard_taxon(rows: Sequence[Row]) -> HeardTaxon:
    by_hour, by_day = _counts(rows, _HOUR_OF_DAY, "hour_of_day"), _counts(rows, _DAY, "day")
    by_hour.pop(None, None)
    totals = [row for row in rows if row.get("grouping") == _ALL]
    firsts, lasts = ([local_time(row[end], row[f"{end}_utc_offset_s"]) for row in totals] for end in ("first", "last"))
    return HeardTaxon(
        taxon=read_taxon(max(totals or rows, key=lambda row: row.get("n", 0))),
        detections=sum(row["n"] for row in totals),
        undated=by_day.pop(None, 0),
        by_hour=by_hour,
        by_day=by_day,
        by_site=_counts(rows, _SITE, "site"),
        first=min(filter(None, firsts), default=None),
        last=max(filter(None, lasts), default=None),
    )


def _counts(rows: Iterable[Row], grouping: int, column: str) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for row in rows:
        if row.get("grouping") == grouping:
            found[row[column]] += row["n"]
    return found


def _overview(listened: Sequence[Row], taxa: Sequence[HeardTaxon]) -> Overview:
    hours, days, sites = (
        {row[column]: float(row["seconds"]) for row in listened if row["grouping"] == grouping}
        for grouping, column in ((_HOUR_OF_DAY, "hour_of_day"), (_DAY, "day"), (_SITE, "site"))
    )
    hours.pop(None, None)
    return Overview(
        undated=_part(days.pop(None, 0.0), [heard.undated for heard in taxa]),
        total=_part(round_s(sum(sites.values())), [heard.detections for heard in taxa]),
        by_hour=_parts(hours, [heard.by_hour for heard in taxa]),
        by_day=_parts(days, [heard.by_day for heard in taxa]),
        by_site=_parts(sites, [heard.by_site for heard in taxa]),
        taxa=taxa,
    )


def _parts(seconds: Mapping[Any, float], counts: Sequence[Mapping[Any, int]]) -> dict[Any, Part]:
    keys = seconds.keys() | {key for each in counts for key in each}
    ordered = sorted(keys, key=lambda key: (key is None, key))
    return {key: _part(seconds.get(key, 0.0), [each.get(key, 0) for each in counts]) for key in ordered}


def _part(listened_s: float, counts: Sequence[int]) -> Part:
    return Part(round_s(listened_s), sum(counts), sum(count > 0 for count in counts))
