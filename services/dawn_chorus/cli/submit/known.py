"""What of a file the service has: the recording of its bytes, and the analysis that answers what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dawn_chorus.cli.client.failures import NoService, Refused
from dawn_chorus.cli.submit.location import Located
from dawn_chorus.cli.submit.options import AnalysisOptions, settings_of
from dawn_chorus.cli.submit.outcomes import Answer
from dawn_chorus.domain.analysis import AnalysisSettings
from dawn_chorus.domain.recording import AudioFacts, Place, Recording
from dawn_chorus.domain.same_recording import WITHOUT_ANSWER, Question, fill_place, match_recording

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import ServiceClient


@dataclass(frozen=True, slots=True)
class Known:
    """A recording that the service has, and its newest analysis that answers what is asked."""

    answer: Answer
    analysis_id: str | None
    """None: something new is asked."""

    def as_upload(self, analysis_id: str, *, duplicate: bool = True) -> Answer:
        """Return what an upload would have been answered."""
        return {**self.answer, "analysis_id": analysis_id, "duplicate": duplicate}


@dataclass(slots=True)
class Catalog:
    """Asks the service for what it has. Safe to use from many threads."""

    client: "ServiceClient"
    analysis: AnalysisOptions
    can_be_asked: bool = True
    """False: the service is of an older version, which cannot be asked by sha256."""
    _packs: Mapping[str, Answer] | None = None
    _lock: Lock = field(default_factory=Lock)

    def find(self, sha256: str, located: Located) -> Known | None:
        """Return the recording that an upload of these bytes would return, if it changes nothing of it.

        None: the bytes must be sent, for the service does not have them for this site and start, or learns something by
        them. Raises Conflict, as the service would, if it is not clear which recording is meant.
        """
        if not self.can_be_asked or not located.is_read:
            return None
        found = self._ask(sha256)
        same = match_recording([_read_recording(item) for item in found], located.place)
        if same is None or same.audio_removed_at is not None or fill_place(same.place, located.place) != same.place:
            return None
        answer = next(item for item in found if item["id"] == str(same.id))
        return Known(answer, self._answering(answer, same.place))

    def _ask(self, sha256: str) -> list[Answer]:
        try:
            found = self.client.recordings_of(sha256)
        except (Refused, NoService) as error:
            # An older service refuses the parameter, or lets a key that may only upload list nothing. If it is the key
            # that is wrong, the upload tells.
            if error.status != 403 and "sha256" not in error.fields:
                raise
            self.can_be_asked = False
            return []
        if any(item["sha256"] != sha256 for item in found):
            self.can_be_asked = False
            return []
        return found

    def fields(self, place: Place) -> dict[str, Any]:
        """Return the fields that ask for the wanted analysis of a recording made there."""
        packs = self.registered() if place.latitude is not None else {}
        pack = packs.get(self._pack_name(packs) or "", {})
        return self.analysis.fields(place, has_occurrence=pack.get("has_occurrence"))

    def _answering(self, answer: Answer, place: Place) -> str | None:
        """Return the id of the newest analysis of the wanted pack, in its registered version, with equal settings."""
        packs = self.registered()
        name = self._pack_name(packs)
        latest = packs[name]["version"] if name is not None and name in packs else None
        wanted = settings_of(self.fields(place))
        for analysis in reversed(answer["analyses"]):
            pack = analysis["pack"]
            # The default pack has no name here until a worker has registered it: all analyses wait for that.
            asked = Question(pack["name"], pack["version"] or latest, _read_settings(analysis["settings"]))
            is_answer = asked == Question(name or pack["name"], latest or pack["version"], wanted)
            if is_answer and analysis["result"] not in WITHOUT_ANSWER:
                return str(analysis["id"])
        return None

    def _pack_name(self, packs: Mapping[str, Answer]) -> str | None:
        return self.analysis.pack or next((name for name, each in packs.items() if each["is_default"]), None)

    def registered(self) -> Mapping[str, Answer]:
        """Return the packs of the service by name, asked for once."""
        with self._lock:
            if self._packs is None:
                try:
                    self._packs = {pack["name"]: pack for pack in self.client.packs()}
                except NoService as error:
                    if error.status != 403:
                        raise
                    self._packs = {}
            return self._packs


def read_place(item: Answer) -> Place:
    """Return the place of a recording as the service tells it."""
    start = item["recorded_at"]
    return Place(item["site"], item["latitude"], item["longitude"], start and datetime.fromisoformat(start))


def _read_recording(item: Answer) -> Recording:
    removed = item["audio_removed_at"]
    return Recording(
        id=UUID(item["id"]),
        filename=item["filename"],
        store_key="",
        size_bytes=item["size_bytes"],
        sha256=item["sha256"],
        audio=AudioFacts(item["format"], item["duration_s"], item["sample_rate_hz"], item["channels"]),
        place=read_place(item),
        created_at=datetime.fromisoformat(item["created_at"]),
        audio_removed_at=removed and datetime.fromisoformat(removed),
    )


def _read_settings(settings: Answer) -> AnalysisSettings:
    return AnalysisSettings(settings["floor"], settings["occurrence_min"], settings["event_rule"], settings["channels"])
