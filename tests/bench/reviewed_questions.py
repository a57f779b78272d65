"""Lists of the detections that show a review, latest first."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.detections import DetectionFilter, read_latest
from dawn_chorus.domain.review.matching import Reviewed
from tests.bench.explained import Question

_PAGE_ROWS = 101


def reviewed_questions(_: Connection) -> Iterator[Question]:
    """Yield first pages and deep ones, by verdict, site, taxon and confidence."""
    everything = DetectionFilter(pack="birdnet")
    filters = {
        "": everything,
        ", site": replace(everything, site="site 7"),
        ", common": replace(everything, taxa=("code3",)),
        ", common at a site": replace(everything, taxa=("code3",), site="site 7"),
        ", rare": replace(everything, taxa=("code280",)),
        ", ≥ 0.9": replace(everything, min_confidence=0.9),
    }
    for reviewed in (Reviewed.CONFIRMED, Reviewed.IDENTIFIED, Reviewed.ANY, Reviewed.NONE):
        for name, wanted in filters.items():
            yield Question(f"reviewed {reviewed}{name}", _listed(replace(wanted, reviewed=reviewed), None))
        deep = datetime(2024, 2, 1, tzinfo=UTC)
        yield Question(f"reviewed {reviewed}, deep", _listed(replace(everything, reviewed=reviewed), deep))


def _listed(wanted: DetectionFilter, before: datetime | None) -> Callable[[Connection], int]:
    page = {"before_time": before, "before_id": 1 if before else None, "n": _PAGE_ROWS}
    return lambda connection: len(read_latest(connection, wanted, page))
