"""The overview: which taxa were heard at which hours, on which days and at which sites, and how long somebody listened.

Hours and days are those of each recorder's own clock. Nothing is kept in summary tables: all of it is added up at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.judged import Judged, read_judged
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.overview_counts import HeardTaxon, heard_taxa, sets_of
from dawn_chorus.adapters.postgres.packs import find_taxon_ids, find_voice_ids
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.adapters.postgres.tally import DAY, HOUR_OF_DAY, SITE, tally
from dawn_chorus.adapters.postgres.thresholds import SavedThresholds
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.review.matching import Reviewed

FIRST_DAY = date(1800, 1, 1)
"""Days are numbered from here, before sound was first recorded."""
_LARGEST_OFFSET = timedelta(days=1)
_MOST_BY_INDEX = 20
"""So few taxa are counted by their own index; of more, whole recordings are counted."""

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
    saved: SavedThresholds | None = None
    """Only those that reach these thresholds, where one holds; None: none counts."""
    reviewed: Reviewed | None = None
    """Only those that show such a review, or none; None: whatever they show. Where people named the taxon
    (`Reviewed.IDENTIFIED`), that is the one which is counted, and which `taxa` and `classes` select."""
    hides_voices: bool = False
    """Leave out human voices."""
    with_verdicts: bool = False
    """Whether to count the verdicts of each taxon, too."""

    @property
    def is_by_review(self) -> bool:
        """Whether only those count that show a review."""
        return self.reviewed not in (None, Reviewed.NONE)

    def key(self, connection: Connection) -> Row:
        """Return the parameters of all statements; each bound as an instant or as what clocks show."""
        saved, taxon_ids = self.saved, find_taxon_ids(connection, self.taxa, self.classes)
        heard_ids = None if self.reviewed is Reviewed.IDENTIFIED else taxon_ids
        return {
            "pack": self.pack,
            "site": self.site,
            "taxon_ids": taxon_ids,
            "hidden_ids": find_voice_ids(connection) if self.hides_voices else [],
            "hides_voices": self.hides_voices,
            "min_confidence": self.min_confidence or None,
            "is_reviewed": False if self.reviewed is Reviewed.NONE else None,
            "saved": None if saved is None else saved.column(self.pack, heard_ids),
            "with_threshold": [] if saved is None else list(saved.by_pack.get(self.pack, {})),
            **_bounds(self.from_, self.to),
            "undated": False,
            "by_cell": False,
        }


def _bounds(from_: datetime | date | None, to: datetime | date | None) -> Row:
    """Return each bound as an instant, or as what clocks show, and as an instant before or after which nothing is."""
    return {
        "from_time": from_ if isinstance(from_, datetime) else None,
        "to_time": to if isinstance(to, datetime) else None,
        "from_clock": None if isinstance(from_, datetime) else from_,
        "to_clock": None if isinstance(to, datetime) else to,
        "read_from": from_ if isinstance(from_, datetime) else _shifted(from_, -_LARGEST_OFFSET),
        "read_to": to if isinstance(to, datetime) else _shifted(to, _LARGEST_OFFSET),
    }


def _shifted(day: date | None, by: timedelta) -> datetime | None:
    if day is None:
        return None
    bounded = min(max(day, date(2, 1, 1)), date(9998, 12, 31))
    return datetime(bounded.year, bounded.month, bounded.day, tzinfo=UTC) + by


@dataclass(frozen=True, slots=True)
class Part:
    """An hour of the day, a day, a site, what is undated, or all of it."""

    listened_s: float
    """Analyzed, without what was lost."""
    detections: int = 0
    richness: int = 0
    """How many taxa were heard."""


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
    corrected: int | None = None
    """Where only confirmed ones count: how many were corrected to another taxon."""


def day_of(number: int) -> date:
    """Return the day that is so many days after the first one."""
    return FIRST_DAY + timedelta(days=number)


def read_overview(database: Database, wanted: OverviewFilter) -> Overview:
    """Return the counts and the hours of one moment."""
    with database.snapshot() as connection:
        return overview_of(connection, wanted)


def overview_of(connection: Connection, wanted: OverviewFilter) -> Overview:
    """Return the same by a connection in a transaction."""
    _sql.work_in_memory(connection)
    key = wanted.key(connection)
    listened = list(_sql.hours_listened(connection, **key))
    reads_reviews = wanted.is_by_review or wanted.with_verdicts
    judged = read_judged(connection, wanted.reviewed, key) if reads_reviews else Judged((), 0)
    counted = count_detections(connection, wanted, key, judged.rows)
    # Taxa that were asked for by name and not heard are an answer, too.
    asked_for = list(_sql.taxa_of_pack(connection, **key)) if wanted.taxa else []
    found = _overview(listened, heard_taxa(connection, counted, judged.rows, asked_for))
    return replace(found, corrected=judged.corrected) if wanted.reviewed is Reviewed.CONFIRMED else found


def count_detections(connection: Connection, wanted: OverviewFilter, key: Row, judged: Sequence[Row]) -> list[Row]:
    """Return the counts by hour of the day, by day and by site; `key`: the parameters of `OverviewFilter.key`."""
    if wanted.is_by_review:
        return sets_of(judged)
    few = key["taxon_ids"] is not None and len(key["taxon_ids"]) <= _MOST_BY_INDEX and not key["by_cell"]
    if few:
        return list(_sql.detections_of_taxa_counted(connection, **key))
    return tally(connection, key)


def _overview(listened: Sequence[Row], taxa: Sequence[HeardTaxon]) -> Overview:
    hours, days, sites = (
        {row[column]: float(row["seconds"]) for row in listened if row["grouping"] == grouping}
        for grouping, column in ((HOUR_OF_DAY, "hour_of_day"), (DAY, "day"), (SITE, "site"))
    )
    hours.pop(None, None)
    return Overview(
        undated=_part(days.pop(None, 0.0), [heard.undated for heard in taxa]),
        total=_part(sum(sites.values()), [heard.detections for heard in taxa]),
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
