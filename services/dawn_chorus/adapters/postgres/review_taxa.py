"""The taxa that were heard, with how much of each is reviewed and left."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.queue_values import Count
from dawn_chorus.adapters.postgres.rows import Row, read_taxon
from dawn_chorus.domain.taxonomy import Taxon

_LOOKS = 30_000
"""Entries of an index that are looked at, of all taxa together."""
_MOST_OF_A_TAXON, _LEAST_OF_A_TAXON = 400, 16
_COUNTED = 3000
"""Events that are looked up, of all taxa together, so that those with few are counted exactly."""
_REVIEWS_OF_A_TAXON, _RECORDINGS = 500, 2000
_HASHES = 2**32
_sql = load_queries("review_taxa")


class Counted(StrEnum):
    """How far a count can be relied on."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    """Counting ended there."""
    ABOUT = "about"
    """An estimate."""


@dataclass(frozen=True, slots=True)
class ReviewTaxaFilter:
    """Selects events; a None field does not restrict."""

    site: str | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None
    pack: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether it restricts place or time."""
        return self.site is not None or self.from_time is not None or self.to_time is not None


@dataclass(frozen=True, slots=True)
class ReviewTaxon:
    """A taxon, and how many of its events show no review."""

    taxon: Taxon
    left: int
    left_is: Counted
    reviewed: Count
    """Reviews."""


def list_review_taxa(database: Database, wanted: ReviewTaxaFilter, text: str = "") -> Sequence[ReviewTaxon]:
    """Return the taxa with events or reviews and the text in their names; those with most left first."""
    with database.snapshot() as connection:
        return read_review_taxa(connection, wanted, text)


def read_review_taxa(connection: Connection, wanted: ReviewTaxaFilter, text: str = "") -> Sequence[ReviewTaxon]:
    """As `list_review_taxa`, in a transaction."""
    connection.execute("SET LOCAL enable_bitmapscan = off")
    rows = list(_sql.heard_taxa(connection, site=wanted.site, pack=wanted.pack, text=text.lower()))
    left = _count_left(connection, wanted, [row["id"] for row in rows])
    reviewed = _count_reviewed(connection, wanted, {row["scientific_name"] for row in rows})
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_name[row["scientific_name"]].append(row)
    taxa = [_joined(same, left, reviewed[name]) for name, same in by_name.items()]
    return sorted(
        (each for each in taxa if each.left or each.reviewed.n),
        key=lambda each: (-each.left, each.taxon.scientific_name),
    )


def _joined(rows: Sequence[Row], left: Mapping[int, tuple[int, Counted]], reviewed: Count) -> ReviewTaxon:
    """Return the taxon of rows with one scientific name, called as the one with most left is."""
    counts = [left.get(row["id"], (0, Counted.EXACT)) for row in rows]
    kinds = {kind for _, kind in counts}
    kind = next((each for each in (Counted.ABOUT, Counted.AT_LEAST) if each in kinds), Counted.EXACT)
    first = max(rows, key=lambda row: (left.get(row["id"], (0, ""))[0], -row["id"]))
    return ReviewTaxon(read_taxon(first), sum(n for n, _ in counts), kind, reviewed)


def _count_left(connection: Connection, wanted: ReviewTaxaFilter, ids: list[int]) -> dict[int, tuple[int, Counted]]:
    most = max(_LEAST_OF_A_TAXON, min(_MOST_OF_A_TAXON, _LOOKS // max(1, len(ids))))
    near = {"site": wanted.site, "from_time": wanted.from_time, "to_time": wanted.to_time}
    if wanted.is_local:
        samples = list(_sql.sample_near(connection, taxon_ids=ids, **near, most=most))
    else:
        samples = list(_sql.sample_left(connection, taxon_ids=ids, most=most))
    counted = {row["taxon_id"]: _estimate(row, most) for row in samples}
    few = _fewest(counted)
    if wanted.is_local:
        exact = _sql.count_taxa_left_near(connection, taxon_ids=few, pack=wanted.pack, **near)
    else:
        exact = _sql.count_taxa_left(connection, taxon_ids=few, pack=wanted.pack)
    return counted | dict.fromkeys(few, (0, Counted.EXACT)) | _exact(exact)


def _estimate(row: Row, most: int) -> tuple[int, Counted]:
    """Return how many events a taxon has; beyond those that were looked at, by how close together their hashes are."""
    if row["n"] < most:
        return row["n"], Counted.ABOUT
    if "reached" not in row:
        return row["n"], Counted.AT_LEAST
    return round((most - 1) * _HASHES / (row["reached"] + _HASHES / 2 + 1)), Counted.ABOUT


def _exact(rows: Iterable[Row]) -> dict[int, tuple[int, Counted]]:
    return {row["taxon_id"]: (row["n"], Counted.EXACT) for row in rows}


def _fewest(counted: Mapping[int, tuple[int, Counted]]) -> list[int]:
    """Return the taxa with the fewest events, as many as may be counted exactly."""
    few: list[int] = []
    total = 0
    for taxon_id, (n, kind) in sorted(counted.items(), key=lambda each: each[1][0]):
        total += n
        if total > _COUNTED or kind is Counted.AT_LEAST:
            break
        few.append(taxon_id)
    return few


def _count_reviewed(connection: Connection, wanted: ReviewTaxaFilter, names: set[str]) -> dict[str, Count]:
    if not wanted.is_local:
        rows = _sql.count_reviews_of(connection, names=sorted(names), most=_REVIEWS_OF_A_TAXON)
        return {row["scientific_name"]: Count(row["n"], is_exact=row["n"] < _REVIEWS_OF_A_TAXON) for row in rows}
    near = {"site": wanted.site, "from_time": wanted.from_time, "to_time": wanted.to_time}
    found = list(_sql.count_reviews_near(connection, **near, most=_RECORDINGS))
    is_exact = not found or found[0]["looked"] < _RECORDINGS
    counts = {row["scientific_name"]: Count(row["n"], is_exact=is_exact) for row in found}
    return {name: counts.get(name, Count(0, is_exact=is_exact)) for name in names}
