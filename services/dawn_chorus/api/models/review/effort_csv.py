"""The overview as CSV: a tidy table, with a row for each site, day, hour and taxon."""

from collections.abc import Iterable, Iterator

from dawn_chorus.adapters.postgres.effort_table import EffortRow
from dawn_chorus.adapters.postgres.judged import CORRECTED_TO
from dawn_chorus.domain.exports.tables import csv_line
from dawn_chorus.domain.review.verdicts import Verdict

_VERDICTS = (*Verdict, CORRECTED_TO)
COLUMNS = (
    "site", "date", "hour", "scientific_name", "common_name", "detections", "hours_listened",
    *_VERDICTS,
)  # fmt: skip
"""Empty site: recordings without one. Empty date and hour: recordings without a time. Empty hours: the ledger knows of
no effort where something was heard."""


def effort_csv(rows: Iterable[EffortRow]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield csv_line(COLUMNS)
    for row in rows:
        hours = f"{row.listened_s / 3600:.6f}" if row.listened_s else None
        verdicts = [row.verdicts.get(verdict, 0) for verdict in _VERDICTS]
        taxon = (row.taxon.scientific_name, row.taxon.common_name)
        yield csv_line([row.site, row.day, row.hour, *taxon, row.detections, hours, *verdicts])
