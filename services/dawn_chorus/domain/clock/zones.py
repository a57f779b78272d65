"""Time zones, by name or by offset, and the hours that summer time skips or repeats."""

from dataclasses import dataclass
from datetime import UTC, datetime, timezone, tzinfo
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dawn_chorus.domain.clock.moments import as_fixed, format_clock, parse_offset
from dawn_chorus.domain.errors import UnclearHour

_OF_THIS_MACHINE = {"localtime", "posixrules", "Factory"}


@dataclass(frozen=True, slots=True)
class TimeZone:
    """A zone that a person named."""

    name: str
    """As it was written: `Europe/Amsterdam`, `+02:00`."""
    rules: tzinfo


def parse_time_zone(text: str) -> TimeZone:
    """Return the zone: an IANA name, or an offset from UTC as ±hh:mm. Raises ValueError, saying what to write."""
    name = text.strip()
    if name[:1] in "+-−" and name:
        try:
            return TimeZone(name, timezone(parse_offset(name)))
        except ValueError:
            raise ValueError(f"{name} is no offset from UTC; write it as ±hh:mm, such as +02:00") from None
    if name in ("Z", "UTC"):
        return TimeZone("UTC", UTC)
    if name not in _zone_names():
        meant = get_close_matches(name, _zone_names(), n=1)
        hint = f"; did you mean {meant[0]}?" if meant else ""
        raise ValueError(f"there is no time zone {name!r}; write its IANA name (Europe/Amsterdam) or ±hh:mm{hint}")
    return TimeZone(name, ZoneInfo(name))


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - _OF_THIS_MACHINE)


def place_in_zone(local: datetime, zone: TimeZone) -> datetime:
    """Return the moment at which clocks in the zone show `local`, with a fixed offset.

    Raises UnclearHour, naming both instants, if summer time skips or repeats that hour.
    """
    earlier, later = (as_fixed(local.replace(tzinfo=zone.rules, fold=fold)) for fold in (0, 1))
    if earlier.utcoffset() == later.utcoffset():
        return earlier
    repeated = earlier < later
    # A skipped hour is read with the offset from before the change, or with that from after it.
    instants = [as_fixed(moment.astimezone(zone.rules)) for moment in sorted((earlier, later))]
    both = " or ".join(moment.isoformat() for moment in instants)
    what = "comes twice" if repeated else "does not exist, for summer time skips it"
    raise UnclearHour(
        f"{format_clock(local)} {what} in {zone.name}: it may be {both}; "
        "say which by recorded_at, or give the offset of the recorder's clock as its time zone, such as +02:00"
    )
