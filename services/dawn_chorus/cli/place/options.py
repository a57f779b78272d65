"""Where and when recordings were made, as the options of one command say it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dawn_chorus.cli.sources import Source
from dawn_chorus.domain.clock.moments import parse_moment
from dawn_chorus.domain.clock.start import Start, StartFrom, locate
from dawn_chorus.domain.clock.zones import parse_time_zone
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.recording import AudioFacts, Place


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What is known of recordings before they are read. Values as they were typed, checked by `check`."""

    site: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    recorded_at: str | None = None
    start: StartFrom | None = None
    """None: the file says when it starts, unless `recorded_at` does."""
    time_zone: str | None = None

    @property
    def start_from(self) -> StartFrom:
        return self.start or (StartFrom.NONE if self.recorded_at else StartFrom.FILE)

    def check(self, sources: Sequence[Source]) -> None:
        """Raise PermanentError, naming the option, for a value that is wrong or contradicts another."""
        if (self.latitude is None) != (self.longitude is None):
            raise PermanentError("give both --latitude and --longitude")
        if self.recorded_at and self.start is StartFrom.FILE:
            raise PermanentError("--recorded-at says when it starts: leave out --start file or --recorded-at")
        if self.time_zone and self.start_from is StartFrom.NONE:
            raise PermanentError("--time-zone is for the clocks in files: it needs --start file, and no --recorded-at")
        if self.recorded_at and len(sources) > 1:
            raise PermanentError(
                f"--recorded-at is the start of one recording, and there are {len(sources)}: leave it out, and each "
                "file's own clock counts (--time-zone says its zone)"
            )
        for option, parse, text in (
            ("--recorded-at", parse_moment, self.recorded_at),
            ("--time-zone", parse_time_zone, self.time_zone),
        ):
            try:
                if text is not None:
                    parse(text)
            except ValueError as error:
                raise PermanentError(f"{option}: {error}") from error

    def place(self) -> Place:
        """Return what the options say, without what the recording says itself."""
        moment = None if self.recorded_at is None else parse_moment(self.recorded_at)
        return Place(self.site, self.latitude, self.longitude, moment)

    def fields(self) -> dict[str, str | None]:
        """Return the fields of an upload, by name; None: not sent."""
        return {
            "site": self.site,
            "latitude": None if self.latitude is None else str(self.latitude),
            "longitude": None if self.longitude is None else str(self.longitude),
            "recorded_at": self.recorded_at,
            "start": self.start_from.value if self.start_from is StartFrom.FILE else None,
            "time_zone": self.time_zone,
        }

    def locate(self, facts: AudioFacts, filename: str) -> tuple[Place, Start]:
        """Return where and when a recording was made, its header and name included. Raises UnclearHour."""
        zone = None if self.time_zone is None else parse_time_zone(self.time_zone)
        return locate(self.place(), facts.notes, filename, start_from=self.start_from, zone=zone)
