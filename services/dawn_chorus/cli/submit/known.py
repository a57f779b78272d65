"""What of a file the service has: the recordings of its bytes, and the analysis that answers what is asked."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from dawn_chorus.cli.client.failures import NoService, Refused
from dawn_chorus.cli.submit.options import Placing, Question
from dawn_chorus.cli.submit.outcomes import Answer

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import ServiceClient

_SAME_PLACE_M = 100.0
"""Coordinates closer than this are one place, as the service has it."""
_EARTH_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Known:
    """A recording that the service has, and its newest analysis that answers the question; None: there is none."""

    recording: Answer
    analysis_id: str | None


@dataclass(slots=True)
class Catalogue:
    """Asks the service for what it has. Safe to use from many threads."""

    client: "ServiceClient"
    question: Question
    can_be_asked: bool = True
    """False: the service is of an older version, which cannot be asked by sha256."""
    _packs: Mapping[str, Answer] | None = None
    _lock: Lock = field(default_factory=Lock)

    def find(self, sha256: str, placing: Placing) -> Known | None:
        """Return the recording with these bytes, this site and start; None if the bytes must be sent."""
        if not self.can_be_asked:
            return None
        try:
            found = self.client.recordings_of(sha256)
        except (Refused, NoService) as error:
            # An older service refuses the parameter, or lets a key that may only upload list nothing. If it is the key
            # that is wrong, the upload tells.
            if error.status != 403 and "sha256" not in error.fields:
                raise
            found = None
        if found is None or any(item["sha256"] != sha256 for item in found):
            self.can_be_asked = False
            return None
        fitting = [item for item in found if _is_same(item, placing)]
        answered = [(item, self._answering(item, placing)) for item in fitting]
        # A recording whose question is answered comes first.
        return next(
            (Known(item, found_id) for item, found_id in sorted(answered, key=lambda each: each[1] is None)), None
        )

    def _answering(self, recording: Answer, placing: Placing) -> str | None:
        """Return the id of the newest analysis of the asked pack, in its registered version, with equal settings."""
        asked = self.question
        has_place = placing.has_coordinates or recording["latitude"] is not None
        settings = {
            "floor": 0.05 if asked.floor is None else asked.floor,
            "occurrence_min": asked.body(has_place=has_place).get("occurrence_min"),
            "event_rule": asked.event_rule,
        }
        fitting = [
            analysis
            for analysis in recording["analyses"]
            if analysis["result"] in (None, "succeeded", "partial")
            and self._is_asked_pack(analysis["pack"])
            and all(analysis["settings"].get(name) == value for name, value in settings.items())
        ]
        return max((str(analysis["id"]) for analysis in fitting), default=None)

    def _is_asked_pack(self, pack: Answer) -> bool:
        packs = self._registered()
        default = next((name for name, each in packs.items() if each["is_default"]), None)
        asked = self.question.pack or default
        if asked is None:
            # Nothing is registered yet: the default has no name here, and all analyses wait for the first worker.
            return not packs
        version = packs[asked]["version"] if asked in packs else None
        return bool(pack["name"] == asked) and (pack["version"] in (None, version) or version is None)

    def _registered(self) -> Mapping[str, Answer]:
        """Return the packs of the service by name, asked for once."""
        with self._lock:
            if self._packs is None:
                self._packs = {pack["name"]: pack for pack in self.client.packs()}
            return self._packs


def _is_same(recording: Answer, placing: Placing) -> bool:
    """Return whether a recording of these bytes is the one that an upload would return, with nothing to add to it.

    What the command does not say contradicts nothing. What it says and the recording lacks must be sent: the service
    adds it then. A recording whose audio was removed gets it back by an upload.
    """
    if recording["audio_removed_at"] is not None:
        return False
    if placing.site is not None and placing.site != recording["site"]:
        return False
    if placing.recorded_at is not None and not _is_same_moment(placing.recorded_at, recording["recorded_at"]):
        return False
    return not placing.has_coordinates or _is_same_place(placing, recording)


def _is_same_moment(asked: str, known: str | None) -> bool:
    try:
        return known is not None and datetime.fromisoformat(asked) == datetime.fromisoformat(known)
    except (ValueError, TypeError):
        # Not a time, or one without offset: the service refuses it with the right words.
        return False


def _is_same_place(placing: Placing, recording: Answer) -> bool:
    if recording["latitude"] is None or placing.latitude is None or placing.longitude is None:
        return False
    here = (placing.latitude, placing.longitude)
    return _distance_m(here, (recording["latitude"], recording["longitude"])) <= _SAME_PLACE_M


def _distance_m(one: Iterable[float], other: Iterable[float]) -> float:
    """Return the distance on a sphere, by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = (map(math.radians, each) for each in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))
