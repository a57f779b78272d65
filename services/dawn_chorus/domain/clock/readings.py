"""What a recorder wrote down beside the sound: its clock, its position, and facts about itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

HEADER, NAME = "header", "name"


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A time found in a file's header or name: when the recording starts, on the recorder's clock."""

    local: datetime
    """Without offset: what the clock showed."""
    offset: timedelta | None
    """Of that clock from UTC; None: the file does not say."""
    source: str
    """`header` or `name`."""
    writer: str
    """What wrote it, for people: `AudioMoth's comment`, `GUANO`, `the file's name`."""

    @property
    def certain(self) -> bool:
        """Return whether the file itself says which instant it is."""
        return self.offset is not None


@dataclass(frozen=True, slots=True)
class Recorder:
    """The device, as far as its files describe it."""

    make: str | None = None
    model: str | None = None
    serial: str | None = None
    temperature_c: float | None = None
    battery_v: float | None = None

    def completed_by(self, other: "Recorder") -> "Recorder":
        """Return this with the facts of another description where it has none."""
        return replace(self, **{name: fact for name, fact in asdict(other).items() if getattr(self, name) is None})


@dataclass(frozen=True, slots=True)
class RecorderNotes:
    """All that a file's header says of where, when and by what it was recorded."""

    clocks: tuple[ClockReading, ...] = ()
    """The best first."""
    latitude: float | None = None
    """Degrees north; None together with the longitude."""
    longitude: float | None = None
    """Degrees east."""
    recorder: Recorder = Recorder()

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold; `read_notes_json` reads it."""
        clocks = [
            {
                "local": clock.local.isoformat(),
                "offset_s": None if clock.offset is None else clock.offset.total_seconds(),
                "source": clock.source,
                "writer": clock.writer,
            }
            for clock in self.clocks
        ]
        place = {"latitude": self.latitude, "longitude": self.longitude}
        return {"clocks": clocks, **place, "recorder": asdict(self.recorder)}


def read_notes_json(value: Mapping[str, Any]) -> RecorderNotes:
    """Return the notes that `as_json` wrote, by a process that read a hostile file.

    Raises ValueError, KeyError or TypeError for anything else, and for a place or an offset that cannot be.
    """
    clocks = tuple(
        ClockReading(
            datetime.fromisoformat(clock["local"]),
            None if clock["offset_s"] is None else _offset(clock["offset_s"]),
            clock["source"],
            clock["writer"],
        )
        for clock in value["clocks"]
    )
    for clock in clocks:
        timezone(clock.offset or timedelta(0))
    latitude, longitude = value["latitude"], value["longitude"]
    is_place = abs(latitude or 0) <= 90 and abs(longitude or 0) <= 180  # NaN is none
    if (latitude is None) != (longitude is None) or not is_place:
        raise ValueError(f"no place: {latitude}, {longitude}")
    return RecorderNotes(clocks, latitude, longitude, Recorder(**value["recorder"]))


def _offset(seconds: float) -> timedelta:
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"no offset: {seconds} s") from error
