"""A moment as people and recorders write it: RFC 3339, and the spellings that file names allow."""

import re
from datetime import datetime, timedelta, timezone

HOW_TO_WRITE = "write the time as RFC 3339, with its offset: 2026-05-03T04:30:00+02:00"
_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2}|\d{8})[Tt _]"
    r"(?P<time>\d{2}([:.-])\d{2}(?:\3\d{2})?|\d{4}(?:\d{2})?)(?:[.,](?P<fraction>\d{1,12}))?"
    r" ?(?P<offset>[Zz]|[+−-]\d{2}(?:[:-]?\d{2})?)?",
    re.ASCII,
)


def parse_moment(text: str) -> datetime:
    """Return the moment, with its offset from UTC.

    Also reads the basic format and dashes for colons: `20240504T043000Z`, `2024-05-04T04-30-00+0200`. Raises
    ValueError, with a sentence that says how to write it, for a time without an offset and for what is no time.
    """
    moment = parse_clock(text)
    if moment is None or moment.tzinfo is None:
        raise ValueError(HOW_TO_WRITE)
    return moment


def parse_clock(text: str) -> datetime | None:
    """Return the time as `parse_moment` reads it, without an offset if it has none; None if it is no time."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    numbers = re.sub(r"\D", "", match["date"] + match["time"]).ljust(14, "0")
    try:
        moment = datetime.strptime(numbers, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the offset follows
        offset = None if match["offset"] is None else parse_offset(match["offset"])
    except ValueError:
        return None
    microseconds = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    return moment.replace(microsecond=microseconds, tzinfo=None if offset is None else timezone(offset))


def parse_offset(text: str) -> timedelta:
    """Return an offset from UTC: `Z`, `+02:00`, `-0330`, `+2`. Raises ValueError for what no clock on Earth has."""
    if text in ("Z", "z"):
        return timedelta(0)
    match = re.fullmatch(r"([+−-])(\d{1,2})(?:[:-]?([0-5]\d))?", text, re.ASCII)
    if match is None:
        raise ValueError(f"{text} is no offset from UTC")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset > timedelta(hours=15, minutes=59):
        raise ValueError(f"{text} is no offset of any place")
    return offset if match[1] == "+" else -offset


def as_fixed(moment: datetime) -> datetime:
    """Return the same moment with a fixed offset in place of a zone, in whole seconds as the database keeps it."""
    offset = moment.utcoffset() or timedelta(0)
    return moment.replace(tzinfo=timezone(timedelta(seconds=round(offset.total_seconds()))), fold=0)


def format_clock(local: datetime) -> str:
    """Return a clock reading for people: `2024-05-04 04:30:00`."""
    return local.isoformat(" ", "seconds")
