"""Times as people and recorders write them."""

from datetime import timedelta

import pytest

from dawn_chorus.domain.clock.moments import HOW_TO_WRITE, parse_clock, parse_moment


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2024-05-04T04:30:00+02:00", 2),
        ("2024-05-04T04:30:00Z", 0),
        ("2024-05-04t04:30:00z", 0),
        ("2024-05-04 04:30:00+02", 2),
        ("2024-05-04T04:30-03:30", -3.5),
        ("2024-05-04T04:30:00−03:30", -3.5),
        ("20240504T043000Z", 0),
        ("20240504T043000+0545", 5.75),
        ("20240504_043000-0330", -3.5),
        ("20240504T0430Z", 0),
        ("2024-05-04T04-30-00+0200", 2),
        ("2024-05-04T04-30-00-0300", -3),
        ("2024-05-04_04-30-00+02-00", 2),
        (" 2024-05-04T04:30:00+02:00 ", 2),
    ],
)
def test_a_moment_in_the_spelling_of_people_and_recorders(text: str, hours: float) -> None:
    moment = parse_moment(text)
    assert moment.isoformat().startswith("2024-05-04T04:30:00")
    assert moment.utcoffset() == timedelta(hours=hours)


def test_fractions_of_a_second_are_kept_to_the_microsecond() -> None:
    assert parse_moment("20240504T043000.1234567Z").microsecond == 123456
    assert parse_moment("2024-05-04T04:30:00,5Z").microsecond == 500_000


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-04T04:30:00",
        "20240504T043000",
        "2024-05-04T04-30-00",
        "2024-05-04",
        "20240504",
        "1746239400",
        "2024-13-04T04:30:00Z",
        "2024-05-04T24:30:00Z",
        "2024-05-04T04:30:60Z",
        "2024-05-04T04:30:00+25:00",
        "2024-05-04T04:30:00+02:75",
        "2024-05-04T04:3000Z",
        "yesterday",
        "",
        "٢٠٢٤-05-04T04:30:00Z",
    ],
)
def test_what_is_no_moment_is_refused_with_the_same_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339, with its offset") as refusal:
        parse_moment(text)
    assert str(refusal.value) == HOW_TO_WRITE


def test_a_clock_may_have_no_offset() -> None:
    clock = parse_clock("2024-05-04 04:30:00")
    assert clock is not None
    assert clock.tzinfo is None
