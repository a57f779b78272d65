"""Hours in time zones: plain, repeated and skipped."""

# ruff: noqa: DTZ001 - what a recorder's clock shows has no zone

from datetime import datetime, timedelta

import pytest

from dawn_chorus.domain.clock.zones import parse_time_zone, place_in_zone
from dawn_chorus.domain.errors import UnclearHour


@pytest.mark.parametrize(
    ("zone", "local", "hours"),
    [
        ("Europe/Amsterdam", datetime(2024, 5, 4, 4, 30), 2),
        ("Europe/Amsterdam", datetime(2024, 12, 4, 4, 30), 1),
        ("Europe/Amsterdam", datetime(2024, 10, 27, 3, 0), 1),
        ("Europe/Amsterdam", datetime(2024, 3, 31, 3, 0), 2),
        ("Asia/Kathmandu", datetime(2024, 5, 4, 4, 30), 5.75),
        ("America/St_Johns", datetime(2024, 1, 4, 4, 30), -3.5),
        ("UTC", datetime(2024, 10, 27, 2, 30), 0),
        ("+02:00", datetime(2024, 10, 27, 2, 30), 2),
        ("+0545", datetime(2024, 10, 27, 2, 30), 5.75),
        ("-03:30", datetime(2024, 3, 31, 2, 30), -3.5),
        ("-3:30", datetime(2024, 3, 31, 2, 30), -3.5),
        ("−03:30", datetime(2024, 3, 31, 2, 30), -3.5),
    ],
)
def test_an_hour_that_comes_once(zone: str, local: datetime, hours: float) -> None:
    moment = place_in_zone(local, parse_time_zone(zone))
    assert moment.replace(tzinfo=None) == local
    assert moment.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "local", "instants"),
    [
        ("Europe/Amsterdam", datetime(2024, 10, 27, 2, 30), ("2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00")),
        ("Europe/Amsterdam", datetime(2024, 10, 27, 2, 0), ("2024-10-27T02:00:00+02:00", "2024-10-27T02:00:00+01:00")),
        ("Europe/Amsterdam", datetime(2024, 3, 31, 2, 30), ("2024-03-31T01:30:00+01:00", "2024-03-31T03:30:00+02:00")),
        ("America/New_York", datetime(2024, 11, 3, 1, 59), ("2024-11-03T01:59:00-04:00", "2024-11-03T01:59:00-05:00")),
        (
            "Australia/Lord_Howe",
            datetime(2024, 4, 7, 1, 45),
            ("2024-04-07T01:45:00+11:00", "2024-04-07T01:45:00+10:30"),
        ),
    ],
)
def test_an_hour_that_summer_time_repeats_or_skips_is_refused_with_both_instants(
    zone: str, local: datetime, instants: tuple[str, str]
) -> None:
    with pytest.raises(UnclearHour) as refusal:
        place_in_zone(local, parse_time_zone(zone))
    assert all(instant in str(refusal.value) for instant in instants)


@pytest.mark.parametrize(
    "zone", ["", "Europe", "Mars/Olympus", "../../etc/passwd", "localtime", "CEST", "+25:00", "+02:75", "+", "2", "-16"]
)
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|offset"):
        parse_time_zone(zone)


def test_a_misspelled_zone_is_told_the_nearest_one() -> None:
    with pytest.raises(ValueError, match="did you mean Europe/Amsterdam"):
        parse_time_zone("europe/amsterdam")
