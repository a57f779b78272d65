"""What reviews say of a taxon's events, each with the confidence that a pack gives it, and a sample of all events."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import tuple_row

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.packs import find_taxon, ids_of_taxon
from dawn_chorus.domain.review.verdicts import Verdict
from dawn_chorus.domain.taxonomy import Taxon

_sql = load_queries("precision")
MOST_SAMPLED = 5000
"""Of the events; what is told of all of them is then right to a hundredth or better."""


@dataclass(frozen=True, slots=True)
class JudgedEvents:
    """The reviews of one taxon that count for one pack, and the confidences of its events."""

    taxon: Taxon
    confidence: NDArray[np.float64]
    """(n,), of each review that counts."""
    confirmed: NDArray[np.bool_]
    """(n,); False: rejected."""
    uncertain: int
    repeated: int
    """Other reviews of an event that shows a newer one, or one that fits it better."""
    left_out: int
    """Reviews where this pack has no event now."""
    by_strategy: Mapping[str, int]
    """Of those that count; `none`: by no queue."""
    events: NDArray[np.float64]
    """The confidences of a fair sample of all current events."""

    @property
    def are_all_events(self) -> bool:
        return len(self.events) < MOST_SAMPLED


def read_judged(database: Database, named: str, pack: str, site: str | None = None) -> JudgedEvents:
    """Return what was said of the taxon with this code or scientific name. Raises NotFound for one of no pack."""
    with database.snapshot() as connection:
        return judge_events(connection, named, pack, site)


def judge_events(connection: Connection, named: str, pack: str, site: str | None) -> JudgedEvents:
    """Return what `read_judged` does, in this transaction."""
    taxon = find_taxon(connection, named, pack)
    taxon_ids = ids_of_taxon(connection, taxon.scientific_name)
    key = {"scientific_name": taxon.scientific_name, "taxon_ids": taxon_ids, "site": site, "pack": pack}
    with connection.cursor(row_factory=tuple_row) as cursor:
        reviews = cursor.execute(_sql.judged_reviews.sql, key).fetchall()
        sampled = cursor.execute(_sql.sample_confidences.sql, {**key, "n": MOST_SAMPLED}).fetchall()
    here = [each for each in reviews if each[2] is not None]
    shown = [each for each in here if not each[3]]
    counted = [each for each in shown if each[0] != Verdict.UNCERTAIN]
    return JudgedEvents(
        taxon=taxon,
        confidence=np.array([confidence for _, _, confidence, _ in counted], np.float64),
        confirmed=np.array([verdict == Verdict.CONFIRMED for verdict, *_ in counted], np.bool_),
        uncertain=len(shown) - len(counted),
        repeated=len(here) - len(shown),
        left_out=len(reviews) - len(here),
        by_strategy=Counter(strategy for _, strategy, *_ in counted),
        events=np.array([confidence for (confidence,) in sampled], np.float64),
    )
