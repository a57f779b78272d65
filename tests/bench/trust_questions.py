"""What reviews tell of taxa, and lists by saved thresholds; among them the worst cases."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.detections import DetectionFilter, read_latest, with_thresholds
from dawn_chorus.adapters.postgres.precision import judge_events
from dawn_chorus.adapters.postgres.surest import read_surest
from tests.bench.detection_corpus import LONELY_SITE
from tests.bench.explained import Question
from tests.bench.reviewed_corpus import WORN_TAXON

_PAGE_ROWS = 101
_PRECISION_MS = 250.0
_HIGH = """
UPDATE thresholds SET threshold = 0.999 WHERE scientific_name = (SELECT scientific_name FROM taxa WHERE code = %s)
"""


def precision_questions(_: Connection) -> Iterator[Question]:
    """Yield them: of taxa with many events and few, with and without a site."""
    for code in ("code1", WORN_TAXON, "code12", "code280", "code5000"):
        for site in (None, "site 7", LONELY_SITE):
            where = "" if site is None else ", empty site" if site == LONELY_SITE else ", site"
            # That of the worn taxon has ten times the reviews that there is a goal for.
            goal_ms = _PRECISION_MS * (10 if code == WORN_TAXON and site is None else 1)
            spoken = "worn taxon" if code == WORN_TAXON else code
            yield Question(f"precision {spoken}{where}", _judged(code, site), goal_ms)
    yield Question("precision code3, rare pack", _judged("code3", None, "rare"), _PRECISION_MS)


def _judged(code: str, site: str | None, pack: str = "birdnet") -> Callable[[Connection], int]:
    return lambda connection: len(judge_events(connection, code, pack, site).confidence)


def threshold_questions(_: Connection) -> Iterator[Question]:
    """Yield pages of lists by saved thresholds: all of low and high ones, first pages and deep ones."""
    everything = DetectionFilter(pack="birdnet")
    taxa: dict[str, tuple[str, ...]] = {"": (), "code3": ("code3",), "code4": ("code4",), "code280": ("code280",)}
    taxa["8 taxa"] = tuple(f"code{number}" for number in (3, 4, 40, 80, 120, 160, 200, 280))
    for taxon, codes in taxa.items():
        for site in (None, "site 7", LONELY_SITE):
            where = "" if site is None else ", empty site" if site == LONELY_SITE else ", site"
            wanted = replace(everything, taxa=codes, site=site)
            for place, before in (("", None), (", deep", datetime(2024, 2, 1, tzinfo=UTC))):
                yield Question(f"saved {taxon or 'all'}{where}{place}", _listed(wanted, before))
            if codes:
                yield Question(f"saved {taxon}{where}, most confident first", _surest(wanted))
                yield Question(f"saved {taxon}{where}, none reaches it", _listed(wanted, None, high=codes[0]))
    yield Question("saved, Aves", _listed(replace(everything, classes=("Aves",)), None))
    yield Question("saved, any pack", _listed(replace(everything, pack=None), None))
    yield Question("saved, rare pack", _listed(replace(everything, pack="rare"), None))


def _by_thresholds(connection: Connection, wanted: DetectionFilter, high: str | None) -> DetectionFilter:
    if high is not None:
        connection.execute(_HIGH, [high])
    return with_thresholds(connection, wanted)


def _listed(wanted: DetectionFilter, before: datetime | None, high: str | None = None) -> Callable[[Connection], int]:
    page = {"before_time": before, "before_id": 1 if before else None, "n": _PAGE_ROWS}
    return lambda connection: len(read_latest(connection, _by_thresholds(connection, wanted, high), page))


def _surest(wanted: DetectionFilter) -> Callable[[Connection], int]:
    page = {"before_confidence": None, "after_id": None, "n": _PAGE_ROWS}
    return lambda connection: len(read_surest(connection, _by_thresholds(connection, wanted, None), page))
