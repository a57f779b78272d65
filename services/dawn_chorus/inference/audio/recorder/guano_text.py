"""GUANO, the plain text that bat detectors, Song Meters and others write into a chunk of their WAV files.

guano parses the text that our own reader found: opened by itself it goes through `wave`, which refuses RF64, 32-bit
floats, and headers that recorders left unfinished.
"""

import math
import re
from datetime import datetime
from typing import Any

from guano import GuanoFile

from dawn_chorus.domain.clock.moments import parse_clock
from dawn_chorus.domain.clock.readings import HEADER, ClockReading, Recorder, RecorderNotes

WRITER = "GUANO"


def read_guano(text: bytes) -> RecorderNotes:
    """Return what a chunk of GUANO says."""
    lines = [line for line in text.replace(b"\0", b"").splitlines() if b":" in line]
    fields: dict[str, Any] = dict(GuanoFile.from_string(b"\n".join(lines)).items())
    latitude, longitude = _position(fields.get("Loc Position"))
    clock = _clock(fields.get("Timestamp"))
    return RecorderNotes((clock,) if clock else (), latitude, longitude, _recorder(fields))


def _clock(value: Any) -> ClockReading | None:
    """Return the reading: guano's time, or what we can read where guano left the text as it is."""
    moment = value if isinstance(value, datetime) else parse_clock(str(value or ""))
    if moment is None:
        return None
    return ClockReading(moment.replace(tzinfo=None), moment.utcoffset(), HEADER, WRITER)


def _position(value: Any) -> tuple[float, float] | tuple[None, None]:
    """Return latitude and longitude; receivers without a fix write zeros, or numbers that are no place."""
    numbers = value if isinstance(value, tuple) else str(value or "").replace(",", " ").split()
    try:
        latitude, longitude = (float(number) for number in numbers)
    except ValueError:
        return None, None
    is_place = abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0)
    return (latitude, longitude) if is_place else (None, None)


def _recorder(fields: dict[str, Any]) -> Recorder:
    battery = next((value for name, value in fields.items() if "battery" in name.lower()), None)
    temperature = fields.get("Temperature Int", fields.get("Temperature Ext"))
    return Recorder(
        make=_text(fields.get("Make")),
        model=_text(fields.get("Model")),
        serial=_text(fields.get("Serial")),
        temperature_c=_number(temperature, unit="C"),
        battery_v=_number(battery, unit="V"),
    )


def _text(value: Any) -> str | None:
    return str(value)[:100] if value else None


def _number(value: Any, unit: str) -> float | None:
    match = re.fullmatch(rf"\s*(-?\d{{1,4}}(?:\.\d+)?)\s*°?{unit}?\s*", str(value), re.ASCII)
    number = float(match[1]) if match else math.nan
    return number if math.isfinite(number) else None
