"""What was found by finished analyses, in short: how much, and which taxa most surely.

The table is kept by a trigger: counting the detections of a page of days would take a second.
"""

from collections.abc import Collection, Mapping
from itertools import groupby
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import read_taxon
from dawn_chorus.adapters.postgres.values import Findings, TopTaxon

_sql = load_queries("findings")


def findings_of(connection: Connection, analysis_ids: Collection[UUID]) -> Mapping[UUID, Findings]:
    """Return those of each analysis that is finished."""
    rows = _sql.get_findings(connection, analysis_ids=list(analysis_ids))
    found = {}
    for analysis_id, of_analysis in groupby(rows, key=lambda row: row["analysis_id"]):
        listed = list(of_analysis)
        top = [TopTaxon(read_taxon(row), row["confidence"], row["n"]) for row in listed if row["code"] is not None]
        found[analysis_id] = Findings(listed[0]["total"], tuple(top))
    return found
