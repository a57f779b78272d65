"""Examples of which review an event shows, for implementations in other languages; `golden_matches.json` holds them.

`python -m tests.unit.domain.review.golden_matches` writes the file again. Each case has reviews of one recording and
taxon, and events in seconds with the number of the review that each shows (null: none).
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from dawn_chorus.domain.review.matching import Reviews
from dawn_chorus.domain.review.verdicts import Review, Verdict, whole_ms

FILE = Path(__file__).with_name("golden_matches.json")
_RECORDING = UUID(int=7)
_NAME = "Troglodytes troglodytes"
_NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
_RANDOM_CASES = 120
_POSITIONS_S = (
    0.0, 0.0000005, 0.0000015, 0.000499, 0.0005, 0.0015, 0.1171875, 0.3515625, 1.0015, 1.0025, 23_991.586826, 604_800.0
)  # fmt: skip
"""Halves of microseconds and of milliseconds, and long ones."""

Made = tuple[int, int, timedelta]
"""A review: onset and offset in milliseconds, and how long after noon somebody said it."""


def make() -> str:
    """Return the file's text, a line a case."""
    cases = [_case(*given) for given in (*_edges(), *_random())]
    whole = [[position_s, whole_ms(position_s)] for position_s in _POSITIONS_S]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    return f'{{"whole_ms": {json.dumps(whole)},\n"cases": [\n{lines}\n]}}\n'


def _case(name: str, made: Sequence[Made], events: Sequence[tuple[float, float]]) -> dict[str, Any]:
    reviews = [
        Review(UUID(int=number), _RECORDING, _NAME, onset_ms, offset_ms, Verdict.CONFIRMED, "Ada", _NOON + after)
        for number, (onset_ms, offset_ms, after) in enumerate(made)
    ]
    index = Reviews(reviews)
    shown = [index.shown(str(_RECORDING), _NAME, *event) for event in events]
    return {
        "name": name,
        "reviews": [[str(each.id), each.onset_ms, each.offset_ms, _written(each.reviewed_at)] for each in reviews],
        "events": [
            [*event, None if review is None else review.id.int] for event, review in zip(events, shown, strict=True)
        ],
    }


def _written(moment: datetime) -> str:
    """As JSON has it: fractions of a second only where there are some."""
    return moment.isoformat().replace("+00:00", "Z")


def _edges() -> Iterator[tuple[str, list[Made], list[tuple[float, float]]]]:
    no, second = timedelta(), timedelta(seconds=1)
    around = [
        (10.0, 14.0), (8.0, 12.0), (12.0, 16.0), (0.0, 60.0), (11.0, 12.0), (13.999, 14.0), (13.5, 14.5),
        (14.0, 18.0), (6.0, 10.0), (12.001, 16.001), (12.0004, 16.0004), (12.0005, 16.0005), (7.0, 11.5),
    ]  # fmt: skip
    yield "one", [(10_000, 14_000, no)], around
    yield "none", [], [(10.0, 14.0)]
    yield "the larger, though older", [(9_000, 12_000, second), (10_000, 14_000, no)], around
    yield "the newest of equals", [(0, 60_000, second), (10_000, 14_000, no)], around
    yield "the highest id of the same moment", [(10_000, 14_000, no), (10_000, 14_000, no)], around
    halves = [timedelta(microseconds=us) for us in (500_000, 0, 500_001, 499_999, 1)]
    yield "fractions of a second", [(10_000, 14_000, after) for after in halves], around


def _random() -> Iterator[tuple[str, list[Made], list[tuple[float, float]]]]:
    random = Random(20260504)
    for number in range(_RANDOM_CASES):
        made = [_stretch(random) for _ in range(int(random.random() * 7))]
        events = [_stretch(random) for _ in range(6)]
        after = [timedelta(microseconds=int(random.random() * 3) * 250_000) for _ in made]
        jitter = [random.random() / 1000 for _ in events]
        yield (
            f"random {number}",
            [(onset, offset, each) for (onset, offset), each in zip(made, after, strict=True)],
            [
                (round(onset / 1000 + extra, 6), round(offset / 1000 + extra, 6))
                for (onset, offset), extra in zip(events, jitter, strict=True)
            ],
        )


def _stretch(random: Random) -> tuple[int, int]:
    onset_ms = int(random.random() * 20) * 500
    return onset_ms, onset_ms + (1 + int(random.random() * 8)) * 500 + int(random.random() * 2)


if __name__ == "__main__":
    FILE.write_text(make())
