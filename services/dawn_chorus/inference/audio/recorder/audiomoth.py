"""AudioMoth's comment: `Recorded at 02:30:00 04/05/2024 (UTC+5:45) by AudioMoth 24F319055FDF2902 at medium gain …`.

Time and zone are read by a pattern of our own: metamoth reads `(UTC-3:30)` as −02:30, and knows no comment of a newer
firmware. Battery and temperature are metamoth's.
"""

import re
from datetime import datetime, timedelta

from metamoth.parsing import MessageFormatError, parse_comment

from dawn_chorus.domain.clock.moments import parse_offset
from dawn_chorus.domain.clock.readings import HEADER, ClockReading, Recorder, RecorderNotes

WRITER = "AudioMoth's comment"
_RECORDED = re.compile(
    r"Recorded at (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))? (\d{2})/(\d{2})/(\d{4})(?: \(([^)]*)\))?", re.ASCII
)
_ZONE = re.compile(r"UTC([+-]\d{1,2}(?::\d{2})?)?", re.ASCII)
_DEVICE = re.compile(r"\b([A-Z]\w*Moth) ([0-9A-Fa-f]{16})\b")


def read_comment(comment: str, artist: str = "") -> RecorderNotes | None:
    """Return what the comment says; None if it is not AudioMoth's. Raises ValueError for a time that cannot be.

    The artist names the device where the comment names the deployment.
    """
    match = _RECORDED.search(comment)
    if match is None:
        return None
    hour, minute, second, fraction, day, month, year, zone = match.groups()
    microsecond = int((fraction or "").ljust(6, "0"))
    local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond)  # noqa: DTZ001
    clock = ClockReading(local, _offset(zone), HEADER, WRITER)
    return RecorderNotes((clock,), recorder=_recorder(comment, artist))


def _offset(zone: str | None) -> timedelta | None:
    """Return the offset from UTC: the first firmware wrote no brackets and knew UTC only; None: other words."""
    if zone is None:
        return timedelta(0)
    match = _ZONE.fullmatch(zone)
    if match is None:
        return None
    return parse_offset(match[1]) if match[1] else timedelta(0)


def _recorder(comment: str, artist: str) -> Recorder:
    device = _DEVICE.search(comment) or _DEVICE.search(artist)
    try:
        noted = parse_comment(comment)
    except (MessageFormatError, ValueError, KeyError):  # a firmware that metamoth does not know
        noted = {}
    return Recorder(
        make="Open Acoustic Devices",
        model=device[1] if device else "AudioMoth",
        serial=device[2].upper() if device else None,
        temperature_c=noted.get("temperature_c"),
        battery_v=noted.get("battery_state_v"),
    )
