"""Where and when each recording was made, and which taxa occur there in that week."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from dawn_chorus.cli.place.sites import Places
from dawn_chorus.cli.sources import Source
from dawn_chorus.domain.clock.start import Start
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.recording import AudioFacts, Place, week_of
from dawn_chorus.inference.ensemble import Ensemble

Codes = frozenset[str] | None
"""Codes of the taxa that occur where and when a recording was made; None: all taxa are kept."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where and when one recording was made."""

    place: Place = field(default_factory=Place)
    start: Start | None = None
    """How its time is known; None: nobody asked."""
    present: Codes = None


@dataclass(frozen=True, slots=True)
class Locator:
    """Locates recordings by options, sites.csv, headers and names. Not thread-safe."""

    places: Places
    ensemble: Ensemble
    occurrence_min: float
    """Taxa less likely than this to occur are dropped; 0: none are."""
    date: datetime | None = None
    """The day to look up in place of each recording's own."""
    _found: dict[tuple[float | None, float | None, int], Codes] = field(default_factory=dict, init=False)

    def check(self) -> None:
        """Raise PermanentError if options name a place and the pack knows nothing of places."""
        options = self.places.options
        if options.latitude is not None and self.occurrence_min:
            self.ensemble.present_taxa(Place(None, options.latitude, options.longitude), self.occurrence_min)
        if self.date is not None and options.latitude is None and not self.places.rows:
            raise PermanentError("--date is for species that come and go at a place: give --latitude and --longitude")

    def locate(self, source: Source, facts: AudioFacts) -> Location:
        """Return where and when a recording was made. Raises UnclearHour for an hour that is not clear."""
        place, start = self.places.of(source).locate(facts, source.path.name)
        return Location(place, start, self._present(place))

    def _present(self, place: Place) -> Codes:
        """Return the codes of the taxa to keep: all if the pack knows nothing of places, which `check` allows."""
        if not self.occurrence_min or self.ensemble.occurrence is None:
            return None
        moment = replace(place, recorded_at=self.date or place.recorded_at)
        key = (place.latitude, place.longitude, week_of(moment.recorded_at))
        if key not in self._found:
            self._found[key] = self.ensemble.present_taxa(moment, self.occurrence_min)
        return self._found[key]
