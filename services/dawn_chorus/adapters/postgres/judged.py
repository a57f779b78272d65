"""The detections of the overview that show a review, and under which taxon each counts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.review.matching import CORRECTED, Reviewed
from dawn_chorus.domain.review.verdicts import Verdict
from dawn_chorus.domain.taxonomy import Taxon

CORRECTED_TO = "corrected_to"
"""What `said` is in the rows of a taxon that a reviewer heard where the model heard another."""

_sql = load_queries("overview")


@dataclass(frozen=True, slots=True)
class Judged:
    """Detections that show a review, counted by the smallest cells there are."""

    rows: Sequence[Row]
    """Those that are wanted; `said`: a verdict, or `CORRECTED_TO`."""
    corrected: int
    """How many are corrected to another taxon, of all whatever their review."""


def read_judged(connection: Connection, reviewed: Reviewed | None, key: Row) -> Judged:
    """Return those that show a review which is wanted (None: any); `key`: the parameters of `OverviewFilter.key`.

    Where those are wanted of which a person named the taxon, that is the one they count under.
    """
    if reviewed is Reviewed.NONE:
        return Judged((), 0)
    by_named = reviewed is Reviewed.IDENTIFIED
    found = list(_sql.detections_judged(connection, **key | ({"taxon_ids": None} if by_named else {})))
    corrected = [row for row in found if row["corrected_taxon"] is not None]
    rows = [{**row, "said": row["verdict"]} for row in found if reviewed is None or _word(row) in reviewed.words]
    if by_named:
        rows = [row for row in _by_named(connection, rows, key["pack"]) if _is_wanted(row, key)]
    return Judged(rows, sum(row["n"] for row in corrected))


def taxon_unknown(row: Row) -> Taxon | None:
    """Return the taxon of a row that a reviewer named and no pack knows; None: it is among the known ones."""
    return Taxon("", row["corrected_taxon"], "", "") if row["taxon_id"] < 0 else None


def _word(row: Row) -> str:
    """Return what `word_of` says of its review."""
    return Verdict(row["verdict"]).value if row["corrected_taxon"] is None else CORRECTED


def _by_named(connection: Connection, rows: Sequence[Row], pack: str) -> list[Row]:
    """Return the rows under the taxa that reviewers named; `heard_as`: the taxon that the model heard.

    One that no pack knows gets a number below 0.
    """
    names = sorted({row["corrected_taxon"] for row in rows} - {None})
    known = _sql.taxa_corrected_to(connection, pack=pack, scientific_names=names) if names else ()
    ids = {name: -number for number, name in enumerate(names, start=1)}
    ids |= {row["scientific_name"]: row["taxon_id"] for row in known}
    return [
        row
        if row["corrected_taxon"] is None
        else {**row, "taxon_id": ids[row["corrected_taxon"]], "heard_as": row["taxon_id"], "said": CORRECTED_TO}
        for row in rows
    ]


def _is_wanted(row: Row, key: Row) -> bool:
    """Return whether its taxon is asked for, and is no human voice that is to be left out."""
    asked_for: Collection[int] | None = key["taxon_ids"]
    if asked_for is not None and row["taxon_id"] not in asked_for:
        return False
    unknown = taxon_unknown(row)
    is_unknown_voice = unknown is not None and unknown.is_human_voice
    return row["taxon_id"] not in key["hidden_ids"] and not (key["hides_voices"] and is_unknown_voice)
