"""Which review an event shows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from dawn_chorus.domain.review.matching import Reviews
from dawn_chorus.domain.review.verdicts import Review, Verdict, whole_ms
from tests.unit.domain.review import golden_matches

RECORDING = uuid4()
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def review(onset_ms: int, offset_ms: int, *, minutes: int = 0, number: int = 0, name: str = "Turdus merula") -> Review:
    at = NOON + timedelta(minutes=minutes)
    return Review(UUID(int=number), RECORDING, name, onset_ms, offset_ms, Verdict.CONFIRMED, "Ada", at)


def shown(reviews: list[Review], onset_s: float, offset_s: float, name: str = "Turdus merula") -> Review | None:
    return Reviews(reviews).shown(str(RECORDING), name, onset_s, offset_s)


@pytest.mark.parametrize(
    ("onset_s", "offset_s"),
    [(10.0, 14.0), (8.0, 12.0), (12.0, 16.0), (0.0, 60.0), (11.0, 12.0), (13.999, 14.0), (13.5, 14.5)],
    ids=["same", "half before", "half after", "around", "inside", "an instant inside", "half of the event"],
)
def test_shows_a_review_that_overlaps_by_half_the_shorter(onset_s: float, offset_s: float) -> None:
    assert shown([each := review(10_000, 14_000)], onset_s, offset_s) == each


@pytest.mark.parametrize(
    ("onset_s", "offset_s"),
    [(14.0, 18.0), (6.0, 10.0), (12.001, 16.001), (7.0, 11.5)],
    ids=["after", "before", "1 ms less", "less"],
)
def test_shows_no_review_that_overlaps_by_less(onset_s: float, offset_s: float) -> None:
    assert shown([review(10_000, 14_000)], onset_s, offset_s) is None


def test_shows_the_largest_overlap_even_if_it_is_older() -> None:
    larger = review(10_000, 14_000)
    assert shown([review(9_000, 12_000, minutes=5, number=1), larger], 10.0, 14.0) == larger


def test_shows_the_newest_of_equal_overlaps() -> None:
    newest = review(0, 60_000, minutes=5)
    assert shown([review(10_000, 14_000, number=9), newest], 10.0, 14.0) == newest
    later_id = review(10_000, 14_000, number=2)
    assert shown([later_id, review(10_000, 14_000, number=1)], 10.0, 14.0) == later_id


def test_knows_taxa_and_recordings_apart() -> None:
    assert shown([review(10_000, 14_000)], 10.0, 14.0, name="Turdus philomelos") is None
    assert Reviews([review(0, 9)]).shown(str(uuid4()), "Turdus merula", 0.0, 0.009) is None


@pytest.mark.parametrize(("position_s", "ms"), [(0.0005, 1), (0.000499, 0), (1.0015, 1002), (604_800.0, 604_800_000)])
def test_milliseconds_are_rounded_as_postgresql_rounds_them(position_s: float, ms: int) -> None:
    assert whole_ms(position_s) == ms


def test_the_examples_for_other_implementations_are_those_of_the_rule() -> None:
    text = golden_matches.FILE.read_text()
    assert text == golden_matches.make(), "python -m tests.unit.domain.review.golden_matches writes them again"
    assert text.count(",null]") > 100
