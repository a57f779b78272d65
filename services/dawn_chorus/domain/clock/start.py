"""Which clock says when a recording starts: the header's before the name's, and never a guessed time zone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from dawn_chorus.domain.clock.moments import format_clock
from dawn_chorus.domain.clock.names import read_name
from dawn_chorus.domain.clock.readings import HEADER, ClockReading, RecorderNotes
from dawn_chorus.domain.clock.zones import TimeZone, place_in_zone
from dawn_chorus.domain.recording import Place

NEVER_SET = datetime(2000, 1, 2)  # noqa: DTZ001 - the recorder's own clock
"""Clocks that lost their time begin in 1970, in 1980 or on the first day of 2000."""
CLOCK_SKEW = timedelta(minutes=10)
"""How far a recorder's clock may be ahead of ours."""
GIVEN = "recorded_at"
NO_CLOCK = "Neither the header nor the name says when it began."
NOT_ASKED = "No time was given, and the file was not asked (start=file asks it)."


class StartFrom(StrEnum):
    """Where the start of a recording is taken from if nobody gives it."""

    FILE = "file"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Start:
    """When a recording starts, and how that is known."""

    recorded_at: datetime | None
    """With a fixed offset from UTC; None: not known."""
    source: str | None
    """`recorded_at` (given), `header` or `name`; None: not known."""
    certain: bool
    """False if it is not known, and wherever a person had to name the time zone."""
    reason: str
    """One sentence."""

    @property
    def is_unclear(self) -> bool:
        """Return whether there is a clock, but its time is not known."""
        return self.recorded_at is None and self.reason not in (NO_CLOCK, NOT_ASKED)


def locate(
    given: Place, notes: RecorderNotes | None, filename: str, *, start_from: StartFrom, zone: TimeZone | None
) -> tuple[Place, Start]:
    """Return where and when a recording was made, by what was given, its header and its name; and how that is known.

    What was given always counts. Raises UnclearHour if summer time skips or repeats the hour in that zone.
    """
    if given.recorded_at is not None:
        return given, Start(given.recorded_at, GIVEN, True, "The time was given.")
    if start_from is StartFrom.NONE:
        return given, Start(None, None, False, NOT_ASKED)
    notes = notes or RecorderNotes()
    start = choose_start(find_readings(notes, filename), zone)
    if given.latitude is None and given.longitude is None:
        given = replace(given, latitude=notes.latitude, longitude=notes.longitude)
    return replace(given, recorded_at=start.recorded_at), start


def find_readings(notes: RecorderNotes, filename: str) -> list[ClockReading]:
    """Return all times in the header and the name of a file, the best first: what a person may choose from."""
    name = read_name(filename)
    found = [*notes.clocks, *([name] if name else [])]
    return sorted(found, key=_rank)


def list_candidates(readings: Iterable[ClockReading]) -> list[ClockReading]:
    """Return the readings that may be a time, the best first; those of clocks that were never set are none."""
    return [reading for reading in sorted(readings, key=_rank) if not _doubt(reading, None)]


def choose_start(readings: Iterable[ClockReading], zone: TimeZone | None) -> Start:
    """Return the start by the best reading; where no clock says enough, a start without a time that says why.

    The order: a header with its offset; a header without, in the zone; a name, with its offset or in the zone. A clock
    that was never set, or that is in the future, is none. Raises UnclearHour as `place_in_zone` does.
    """
    found = sorted(readings, key=_rank)
    doubts = [doubt for reading in found if (doubt := _doubt(reading, zone))]
    usable = [reading for reading in found if not _doubt(reading, zone)]
    for reading in usable:
        if reading.offset is not None:
            moment = reading.local.replace(tzinfo=timezone(reading.offset))
            return Start(moment, reading.source, True, f"{_says(reading)} and its offset from UTC.")
        if zone is not None:
            moment, reason = place_in_zone(reading.local, zone), f"{_says(reading)}, read in {zone.name} as asked."
            return Start(moment, reading.source, False, reason)
    if usable:
        text = f"{_says(usable[0])} and no offset from UTC: name the recorder's time zone."
        return Start(None, None, False, text)
    return Start(None, None, False, doubts[0] if doubts else NO_CLOCK)


def _rank(reading: ClockReading) -> tuple[bool, bool]:
    """Sort headers before names, and of each those with an offset first."""
    return reading.source != HEADER, not reading.certain


def _says(reading: ClockReading) -> str:
    writer = reading.writer[:1].upper() + reading.writer[1:]
    return f"{writer} says {format_clock(reading.local)}"


def _doubt(reading: ClockReading, zone: TimeZone | None) -> str | None:
    """Return why a reading is no time; None: it may be one."""
    if reading.local < NEVER_SET:
        return f"{_says(reading)}: the clock was never set."
    offset = reading.offset
    if offset is None:
        offset = zone.rules.utcoffset(reading.local) if zone else timedelta(hours=14)
    if reading.local > datetime.now(UTC).replace(tzinfo=None) + (offset or timedelta(0)) + CLOCK_SKEW:
        return f"{_says(reading)}, which is in the future: the clock was wrong."
    return None
