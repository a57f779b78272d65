"""The taxa that were heard, with how much of each is reviewed and left."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.queue_values import EARLIEST, Count, Counted, estimate
from dawn_chorus.adapters.postgres.rows import Row, read_taxon
from dawn_chorus.domain.taxonomy import Taxon

_LOOKS = 6000
"""Entries of an index that are looked at, of all taxa together."""
_MOST_OF_A_TAXON, _LEAST_OF_A_TAXON = 400, 20
_COUNTED = 1000
"""Events that are looked up, of all taxa together, so that those with few are counted exactly."""
_RECORDINGS = 1000
"""Whose reviews are counted."""
_sql = load_queries("review_taxa")
_Key = TypeVar("_Key", int, str)


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

    @property
    def span(self) -> dict[str, datetime | None]:
        """Where an index by time is read, `low` to below `high`; undated events lie below all times."""
        low = EARLIEST if self.from_time is None and self.to_time is not None else self.from_time
        return {"low": low, "high": self.to_time}


@dataclass(frozen=True, slots=True)
class ReviewTaxon:
    """A taxon, and how many of its events show no review."""

    taxon: Taxon
    left: Count
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
        (each for each in taxa if each.left.n or each.reviewed.n),
        key=lambda each: (-each.left.n, each.taxon.scientific_name),
    )


def _joined(rows: Sequence[Row], left: Mapping[int, Count], reviewed: Count) -> ReviewTaxon:
    """Return the taxon of rows with one scientific name, called as the one with most left is."""
    counts = {row["id"]: left[row["id"]] for row in rows}
    kinds = {count.kind for count in counts.values()}
    kind = next((each for each in (Counted.ABOUT, Counted.AT_LEAST) if each in kinds), Counted.EXACT)
    first = max(rows, key=lambda row: (counts[row["id"]].n, -row["id"]))
    return ReviewTaxon(read_taxon(first), Count(sum(count.n for count in counts.values()), kind), reviewed)


def _share(looks: int, taxa: int) -> int:
    """Return how much of each taxon is looked at."""
    return max(_LEAST_OF_A_TAXON, min(_MOST_OF_A_TAXON, looks // max(1, taxa)))


def _count_left(connection: Connection, wanted: ReviewTaxaFilter, ids: list[int]) -> dict[int, Count]:
    near = {"site": wanted.site, **wanted.span}
    if wanted.is_local:

        def sample(ids: Sequence[int], most: int) -> dict[int, Count]:
            rows = _sql.sample_near(connection, taxon_ids=ids, **near, most=most)
            return {row["taxon_id"]: _estimate(row, most) for row in rows}

        counted = _further(sample, ids)
    else:
        most = _share(_LOOKS, len(ids))
        samples = _sql.sample_left(connection, taxon_ids=ids, most=most)
        counted = {row["taxon_id"]: _estimate(row, most) for row in samples}
    few = _fewest(counted)
    if wanted.is_local:
        exact = _sql.count_taxa_left_near(connection, taxon_ids=few, pack=wanted.pack, **near)
    else:
        exact = _sql.count_taxa_left(connection, taxon_ids=few, pack=wanted.pack)
    return counted | dict.fromkeys(few, Count(0)) | _exact(exact)


def _estimate(row: Row, most: int) -> Count:
    """Return how many events a taxon has; beyond those that were looked at, by how close together their hashes are."""
    if row["n"] < most:
        return Count(row["n"], Counted.ABOUT)
    return (
        Count(estimate(row["n"], row["reached"]), Counted.ABOUT) if "reached" in row else Count(most, Counted.AT_LEAST)
    )


def _exact(rows: Iterable[Row]) -> dict[int, Count]:
    return {row["taxon_id"]: Count(row["n"]) for row in rows}


def _fewest(counted: Mapping[int, Count]) -> list[int]:
    """Return the taxa with the fewest events, as many as may be counted exactly."""
    few: list[int] = []
    total = 0
    for taxon_id, count in sorted(counted.items(), key=lambda each: each[1].n):
        total += count.n
        if total > _COUNTED or count.kind is Counted.AT_LEAST:
            break
        few.append(taxon_id)
    return few


def _count_reviewed(connection: Connection, wanted: ReviewTaxaFilter, names: set[str]) -> dict[str, Count]:
    if not wanted.is_local:

        def count(names: Sequence[str], most: int) -> dict[str, Count]:
            rows = _sql.count_reviews_of(connection, names=names, most=most)
            return {row["scientific_name"]: _up_to(row["n"], most) for row in rows}

        return _further(count, sorted(names))
    near = {"site": wanted.site, "from_time": wanted.from_time, "to_time": wanted.to_time}
    found = list(_sql.count_reviews_near(connection, **near, most=_RECORDINGS))
    kind = _up_to(found[0]["looked"] if found else 0, _RECORDINGS).kind
    counts = {row["scientific_name"]: Count(row["n"], kind) for row in found}
    return {name: counts.get(name, Count(0, kind)) for name in names}


def _further(count: Callable[[Sequence[_Key], int], dict[_Key, Count]], keys: Sequence[_Key]) -> dict[_Key, Count]:
    """Return the counts up to each one's share of the looks; of those with more, up to their share among themselves."""
    share = _share(_LOOKS, len(keys))
    counts = count(keys, share)
    more = [key for key, found in counts.items() if found.kind is Counted.AT_LEAST]
    further = _LOOKS // max(1, len(more))
    return counts | count(more, further) if more and further >= 2 * share else counts


def _up_to(n: int, most: int) -> Count:
    return Count(n, Counted.EXACT if n < most else Counted.AT_LEAST)
