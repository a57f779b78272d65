"""Which recording an upload of known bytes belongs to, and whether it asks anything new of it.

A recorder's card may be uploaded first without a place or a start and later with them: that is one recording. The same
bytes for another site or start are another recording.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dawn_chorus.domain.analysis import AnalysisResult, AnalysisSettings
from dawn_chorus.domain.errors import Conflict
from dawn_chorus.domain.recording import Place, Recording

SAME_PLACE_M = 100.0
"""Coordinates that are at most this far apart are the same place: receivers are not more exact."""
_EARTH_RADIUS_M = 6_371_008.8
WITHOUT_ANSWER = (AnalysisResult.FAILED, AnalysisResult.CANCELLED)
"""Results of analyses that answer nothing: asked again, they are begun again."""


@dataclass(frozen=True, slots=True)
class Question:
    """What an analysis asks of a recording; two that are equal have the same answer."""

    pack: str
    version: str | None
    """None: no such pack is registered yet."""
    settings: AnalysisSettings


def match_recording(known: Sequence[Recording], given: Place) -> Recording | None:
    """Return which of the recordings with the uploaded bytes is meant by the place and start given with them.

    It is the one that has exactly the site and start given, else the one that contradicts neither: what is unknown
    contradicts nothing. None: each contradicts, so this is another recording. Raises Conflict, which names them, if
    several fit, or if the one that fits was made more than 100 m away.
    """
    exact = [each for each in known if _is_exact(each.place, given)]
    fitting = exact or [each for each in known if not _contradicts(each.place, given)]
    if len(fitting) > 1:
        raise Conflict(
            f"{len(fitting)} recordings have this audio and fit what was given, {_listed(fitting)}: give the site and "
            "recorded_at of one of them, or of another recording"
        )
    for recording in fitting:
        _check_near(recording, given)
        return recording
    return None


def fill_place(known: Place, given: Place) -> Place:
    """Return the known place with what it lacks taken from the given one; nothing known is changed or taken away."""
    missing = {name: getattr(given, name) for name in ("site", "recorded_at") if getattr(known, name) is None}
    if _coordinates(known) is None:
        missing |= {"latitude": given.latitude, "longitude": given.longitude}
    return replace(known, **missing)


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two points (degrees north, degrees east) in meters, by the haversine."""
    (north, east), (other_north, other_east) = (map(math.radians, point) for point in (one, other))
    half_chord = (
        math.sin((other_north - north) / 2) ** 2
        + math.cos(north) * math.cos(other_north) * math.sin((other_east - east) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half_chord)))


def _is_exact(known: Place, given: Place) -> bool:
    return known.site == given.site and known.recorded_at == given.recorded_at


def _contradicts(known: Place, given: Place) -> bool:
    pairs = ((known.site, given.site), (known.recorded_at, given.recorded_at))
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def _check_near(recording: Recording, given: Place) -> None:
    """Raise Conflict if both have coordinates and these are too far apart."""
    here, there = _coordinates(recording.place), _coordinates(given)
    if here is None or there is None:
        return
    apart_m = distance_m(here, there)
    if apart_m > SAME_PLACE_M:
        raise Conflict(
            f"recording {recording.id} ({_described(recording.place)}) has this audio and was made at {_point(here)}, "
            f"but {_point(there)} was given, {_length(apart_m)} away: send its coordinates, or none, or another site"
        )


def _coordinates(place: Place) -> tuple[float, float] | None:
    if place.latitude is None or place.longitude is None:
        return None
    return place.latitude, place.longitude


def _point(coordinates: tuple[float, float]) -> str:
    return f"{round(coordinates[0], 6)}, {round(coordinates[1], 6)}"


def _length(meters: float) -> str:
    return f"{meters:.0f} m" if meters < 1000 else f"{meters / 1000:.1f} km"


def _listed(recordings: Sequence[Recording]) -> str:
    return " and ".join(f"{each.id} ({_described(each.place)})" for each in recordings)


def _described(place: Place) -> str:
    site = "no site" if place.site is None else f"site {place.site}"
    start = "no start" if place.recorded_at is None else place.recorded_at.isoformat()
    return f"{site}, {start}"
