"""Every list of detections, through the statements that the API runs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median
from typing import Any, Self, cast

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.detections import DetectionFilter, read_latest
from tests.bench.detection_corpus import CAPPED_TAXON, LONELY_SITE

PAGE_ROWS = 101
_TIMES = 5
_IN_PARTS = re.compile(r"heard_at DESC|OFFSET|array_agg|count\(")


@dataclass(frozen=True)
class Case:
    """One question, and where in its answer a page begins."""

    name: str
    wanted: DetectionFilter
    before: datetime | None = None


@dataclass(frozen=True)
class Found:
    """What PostgreSQL says of one page."""

    name: str
    ms: float
    """Execution, a median."""
    blocks: int
    rows: int
    indexes: str


def cases() -> Iterator[Case]:
    """Yield all combinations of taxa, site, time and confidence, among them some without a hit."""
    everything = DetectionFilter(pack="birdnet")
    taxa: dict[str, tuple[str, ...]] = {"": (), "common": ("code3",), "rare": ("code280",)}
    taxa |= {"3 taxa": ("code3", "code40", "code280"), "no sure one": (f"code{CAPPED_TAXON}",)}
    for taxon, codes in taxa.items():
        for site in (None, "site 7", LONELY_SITE):
            for confidence in (0.0, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0):
                for place in ("", "a day", "deep"):
                    wanted = replace(everything, taxa=codes, site=site, min_confidence=confidence)
                    wanted = _in_june(wanted) if place == "a day" else wanted
                    bound = f"≥ {confidence}" if confidence else ""
                    parts = (taxon, (site or "").replace(LONELY_SITE, "empty site"), place, bound)
                    before = datetime(2024, 2, 1, tzinfo=UTC) if place == "deep" else None
                    yield Case(", ".join(filter(None, parts)) or "all", wanted, before)
    for name in ("Aves", "Insecta", "Amphibia", "Mammalia"):
        for site in (None, "site 7", LONELY_SITE):
            for confidence in (0.0, 0.95, 1.0):
                for place in ("", "a day", "deep"):
                    wanted = replace(everything, classes=(name,), site=site, min_confidence=confidence)
                    bound = f"≥ {confidence}" if confidence else ""
                    parts = (name, (site or "").replace(LONELY_SITE, "empty site"), place, bound)
                    before = datetime(2024, 2, 1, tzinfo=UTC) if place == "deep" else None
                    yield Case(", ".join(filter(None, parts)), _in_june(wanted) if place == "a day" else wanted, before)
    yield Case("any pack, all analyses", replace(everything, pack=None, all_analyses=True))
    yield Case("an unknown pack", replace(everything, pack="none"))
    yield Case("a rare pack", replace(everything, pack="rare"))
    yield Case("an unknown pack, a day", _in_june(replace(everything, pack="none")))


def _in_june(wanted: DetectionFilter) -> DetectionFilter:
    return replace(wanted, from_time=datetime(2024, 6, 1, tzinfo=UTC), to_time=datetime(2024, 6, 2, tzinfo=UTC))


class Explaining:
    """A connection that explains each list instead of reading it; just what `read_latest` asks of a connection.

    `freely`: with all kinds of plans, as it was before migration 0006.
    """

    def __init__(self, connection: Connection, *, freely: bool) -> None:
        self._connection, self._freely = connection, freely
        self.plans: list[dict[str, Any]] = []

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        return _Cursor(self._connection.cursor(*args, **kwargs), self.plans, freely=self._freely)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class _Cursor:
    def __init__(self, cursor: Any, plans: list[dict[str, Any]], *, freely: bool) -> None:
        self._cursor, self._plans, self._freely = cursor, plans, freely

    def execute(self, statement: str, *args: Any, **kwargs: Any) -> Any:
        if self._freely and "enable_bitmapscan" in statement:
            return self._cursor.execute("SELECT 1")
        if "LIMIT" not in statement:
            return self._cursor.execute(statement, *args, **kwargs)
        self._cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *args, **kwargs)
        self._plans.append(self._cursor.fetchone()["QUERY PLAN"][0])
        # What these return decides whether there is another statement.
        return self._cursor.execute(statement, *args, **kwargs) if _IN_PARTS.search(statement) else self._cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __enter__(self) -> Self:
        self._cursor.__enter__()
        return self

    def __exit__(self, *args: object) -> None:
        self._cursor.__exit__(*args)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)


def measure_case(connection: Connection, case: Case, *, freely: bool = False) -> Found:
    explaining = Explaining(connection, freely=freely)
    page = {"before_time": case.before, "before_id": 1 if case.before else None, "n": PAGE_ROWS}
    for _ in range(_TIMES):
        with connection.transaction():
            read_latest(cast("Any", explaining), case.wanted, page)
    statements = len(explaining.plans) // _TIMES
    times_ms = [each["Execution Time"] for each in explaining.plans]
    plan = max(explaining.plans[-statements:], key=lambda each: each["Execution Time"])["Plan"]
    names = {node["Index Name"] for node in _nodes(plan) if node.get("Index Name", "").startswith("detections")}
    return Found(
        case.name,
        median(sum(times_ms[first : first + statements]) for first in range(0, len(times_ms), statements)),
        plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
        round(plan["Actual Rows"]),
        ", ".join(sorted(name.removeprefix("detections_") for name in names)) or "none",
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)
