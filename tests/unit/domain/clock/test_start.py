"""Which clock says when a recording starts."""

# ruff: noqa: DTZ001 - what a recorder's clock shows has no zone

from datetime import UTC, datetime, timedelta

import pytest

from dawn_chorus.domain.clock.readings import HEADER, NAME, ClockReading, RecorderNotes, read_notes_json
from dawn_chorus.domain.clock.start import Start, StartFrom, choose_start, find_readings, locate
from dawn_chorus.domain.clock.zones import parse_time_zone
from dawn_chorus.domain.errors import UnclearHour
from dawn_chorus.domain.recording import Place

AMSTERDAM = parse_time_zone("Europe/Amsterdam")
FOUR, FIVE = datetime(2024, 5, 4, 4, 30), datetime(2024, 5, 4, 5, 30)


def header(local: datetime, hours: float | None = None) -> ClockReading:
    return ClockReading(local, None if hours is None else timedelta(hours=hours), HEADER, "GUANO")


def name(local: datetime, hours: float | None = None) -> ClockReading:
    return ClockReading(local, None if hours is None else timedelta(hours=hours), NAME, "the file's name")


def text(start: Start) -> str | None:
    return None if start.recorded_at is None else start.recorded_at.isoformat()


@pytest.mark.parametrize(
    ("readings", "zoned", "recorded_at", "source", "certain"),
    [
        ([name(FOUR), header(FIVE, 10)], True, "2024-05-04T05:30:00+10:00", "header", True),
        ([header(FOUR), header(FIVE, 10)], True, "2024-05-04T05:30:00+10:00", "header", True),
        ([name(FOUR, 10), header(FIVE)], True, "2024-05-04T05:30:00+02:00", "header", False),
        ([name(FOUR, 10), header(FIVE)], False, "2024-05-04T04:30:00+10:00", "name", True),
        ([name(FOUR)], True, "2024-05-04T04:30:00+02:00", "name", False),
        ([name(FOUR, 10)], True, "2024-05-04T04:30:00+10:00", "name", True),
        ([name(FOUR)], False, None, None, False),
        ([header(FOUR)], False, None, None, False),
        ([], True, None, None, False),
    ],
)
def test_a_header_goes_before_a_name_and_its_own_offset_before_the_zone_asked_for(
    readings: list[ClockReading], *, zoned: bool, recorded_at: str | None, source: str | None, certain: bool
) -> None:
    start = choose_start(readings, AMSTERDAM if zoned else None)
    assert (text(start), start.source, start.certain) == (recorded_at, source, certain)
    assert start.reason.endswith(".")


@pytest.mark.parametrize(
    "unset", [datetime(1970, 1, 1, 0, 3), datetime(1980, 1, 1), datetime(1999, 12, 31, 23), datetime(2000, 1, 1, 2)]
)
def test_a_clock_that_was_never_set_is_no_time(unset: datetime) -> None:
    start = choose_start([header(unset, 0)], AMSTERDAM)
    assert start.recorded_at is None
    assert "never set" in start.reason
    assert text(choose_start([header(unset, 0), name(FOUR)], AMSTERDAM)) == "2024-05-04T04:30:00+02:00"


def test_a_clock_in_the_future_is_no_time() -> None:
    ahead = (datetime.now(UTC) + timedelta(days=2)).replace(tzinfo=None)
    assert "future" in choose_start([header(ahead, 0)], None).reason
    assert "future" in choose_start([name(ahead)], AMSTERDAM).reason
    assert choose_start([name(ahead)], AMSTERDAM).recorded_at is None


def test_a_clock_without_a_zone_says_what_is_missing() -> None:
    assert "time zone" in choose_start([name(FOUR)], None).reason
    assert "2024-05-04 04:30:00" in choose_start([name(FOUR)], None).reason


def test_a_repeated_hour_is_refused_only_where_the_zone_has_to_decide_it() -> None:
    repeated = datetime(2024, 10, 27, 2, 30)
    with pytest.raises(UnclearHour):
        choose_start([name(repeated)], AMSTERDAM)
    assert text(choose_start([header(repeated, 1), name(repeated)], AMSTERDAM)) == "2024-10-27T02:30:00+01:00"


NOTES = RecorderNotes((header(FIVE, 10),), -27.4, 152.9)


def test_what_is_given_counts_before_the_file() -> None:
    given = Place("marsh", 1.0, 2.0, datetime(2024, 1, 1, tzinfo=UTC))
    place, start = locate(given, NOTES, "20240504_043000.wav", start_from=StartFrom.FILE, zone=None)
    assert place == given
    assert (start.source, start.certain) == ("recorded_at", True)


def test_time_and_place_come_from_the_file_where_nothing_is_given() -> None:
    place, start = locate(Place("marsh"), NOTES, "20240504_043000.wav", start_from=StartFrom.FILE, zone=None)
    assert place == Place("marsh", -27.4, 152.9, start.recorded_at)
    assert text(start) == "2024-05-04T05:30:00+10:00"


def test_the_file_is_not_asked_unless_it_is_wanted() -> None:
    place, start = locate(Place("marsh"), NOTES, "20240504_043000.wav", start_from=StartFrom.NONE, zone=None)
    assert place == Place("marsh")
    assert (start.recorded_at, start.source, start.certain) == (None, None, False)


@pytest.mark.parametrize("hours", [None, -12, 0, 14])
@pytest.mark.parametrize("local", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)])
def test_the_ends_of_the_calendar_are_no_time(local: datetime, hours: float | None) -> None:
    for zone in (None, AMSTERDAM, parse_time_zone("-12:00"), parse_time_zone("+14:00")):
        assert choose_start([header(local, hours), name(local, hours)], zone).recorded_at is None


def test_all_readings_are_found_the_best_first() -> None:
    found = find_readings(RecorderNotes((header(FOUR), header(FIVE, 10))), "20240504_043000.wav")
    assert [(each.source, each.certain) for each in found] == [("header", True), ("header", False), ("name", False)]


@pytest.mark.parametrize(
    "change",
    [
        {"latitude": 91.0},
        {"latitude": float("nan")},
        {"longitude": None},
        {"latitude": "north"},
        {"clocks": [{"local": "soon", "offset_s": 0, "source": "header", "writer": "x"}]},
        {"clocks": [{"local": "2024-05-04T04:30:00", "offset_s": 1e9, "source": "header", "writer": "x"}]},
        {"clocks": [{"local": "2024-05-04T04:30:00", "offset_s": 1e300, "source": "header", "writer": "x"}]},
        {"clocks": [{"local": "2024-05-04T04:30:00"}]},
        {"recorder": {"weight": 3}},
    ],
)
def test_notes_that_cannot_be_are_refused(change: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_notes_json(NOTES.as_json() | change)


def test_notes_travel_as_json() -> None:
    assert read_notes_json(NOTES.as_json()) == NOTES
    assert read_notes_json(RecorderNotes((name(FOUR),)).as_json()) == RecorderNotes((name(FOUR),))
