"""The chunk `bext` of the Broadcast Wave Format (EBU Tech 3285): when a recording began, by a clock without a zone."""

from dawn_chorus.domain.clock.moments import parse_clock
from dawn_chorus.domain.clock.readings import HEADER, ClockReading, Recorder, RecorderNotes

WRITER = "the header (bext)"
_ORIGINATOR, _DATE, _TIME = slice(256, 288), slice(320, 330), slice(330, 338)


def read_bext(chunk: bytes) -> RecorderNotes:
    """Return date, time and originator; separators other than those of the standard occur."""
    date, time = (_text(chunk[part]) for part in (_DATE, _TIME))
    local = parse_clock(f"{_with(date, '-')}T{_with(time, ':')}")
    clocks = (ClockReading(local, None, HEADER, WRITER),) if local else ()
    return RecorderNotes(clocks, recorder=Recorder(model=_text(chunk[_ORIGINATOR]) or None))


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("latin-1").strip()


def _with(text: str, separator: str) -> str:
    return "".join(char if char.isdigit() else separator for char in text)
