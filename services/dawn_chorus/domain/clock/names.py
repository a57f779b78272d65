"""Clocks in file names: `20240504_043000`, `20240504T043000+1000`, AudioMoth's hexadecimal seconds."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from dawn_chorus.domain.clock.moments import parse_offset
from dawn_chorus.domain.clock.readings import NAME, ClockReading

WRITER = "the file's name"
AUDIOMOTH_SINCE = datetime(2017, 1, 1, tzinfo=UTC)
"""No AudioMoth is older: eight hexadecimal digits that say so are something else."""
_DATED = re.compile(
    r"(?<!\d)(\d{4}-\d{2}-\d{2}|\d{8})(?P<between>[T_$ -]?)"
    r"(\d{2}([:.-]?)\d{2}\4\d{2})(?!\d)(?:[.,](?P<fraction>\d{1,6})(?!\d))?"
    # An offset from UTC is a whole number of quarters of an hour; what else follows is a counter: `_043000-0001`.
    r"(?P<offset>Z(?![0-9A-Za-z])|[+-][01]\d:?(?:00|15|30|45)(?!\d))?",
    re.ASCII,
)
_HEXADECIMAL = re.compile(r"[0-9A-F]{8}|[0-9a-f]{8}")


def read_name(filename: str) -> ClockReading | None:
    """Return the time in a file's name, or None if it has none, or several that differ.

    The name gives an offset from UTC only where it is written in it. AudioMoth's older names, seconds since 1970 in
    eight hexadecimal digits, are UTC by definition.
    """
    name = PurePosixPath(filename.replace("\\", "/")).name
    stem = re.sub(r"\.(?=\w*[A-Za-z])\w{1,5}$", "", name)
    if _HEXADECIMAL.fullmatch(stem):
        return _read_seconds(int(stem, 16))
    found = [reading for match in _DATED.finditer(stem) if (reading := _reading(match))]
    if len(found) > 1 and _are_start_and_end(stem):
        return found[0]
    return found[0] if len(set(found)) == 1 else None


def _read_seconds(seconds: int) -> ClockReading | None:
    moment = datetime.fromtimestamp(seconds, UTC)
    if moment < AUDIOMOTH_SINCE:
        return None
    return ClockReading(moment.replace(tzinfo=None), timedelta(0), NAME, WRITER)


def _reading(match: re.Match[str]) -> ClockReading | None:
    digits = re.sub(r"\D", "", match[1] + match[3])
    try:
        local = datetime.strptime(digits, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the offset follows
        offset = parse_offset(match["offset"]) if match["offset"] and _is_offset(match) else None
    except ValueError:
        return None
    fraction = (match["fraction"] or "").ljust(6, "0")
    return ClockReading(local.replace(microsecond=int(fraction)), offset, NAME, WRITER)


def _is_offset(match: re.Match[str]) -> bool:
    """Return whether digits behind a dash are an offset: only behind `T` are they hardly ever a counter."""
    return not match["offset"].startswith("-") or match["between"] == "T"


def _are_start_and_end(stem: str) -> bool:
    """Return whether the name is one of Frontier Labs', with start and end: `S20240504T…_E20240504T…`."""
    return re.search(r"(?:^|_)S\d{8}T.*_E\d{8}T", stem, re.ASCII) is not None
