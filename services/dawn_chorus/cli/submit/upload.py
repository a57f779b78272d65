"""Brings one file to the service: hash, ask, send what is not there, and again after a cut."""

import hashlib
import stat
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING
from uuid import uuid4

from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.cli.client.failures import CHANGED, NoService, Refused
from dawn_chorus.cli.client.views import answering_analysis
from dawn_chorus.cli.sources import Source
from dawn_chorus.cli.submit.known import Catalog, Known, read_place
from dawn_chorus.cli.submit.location import Located, Locator
from dawn_chorus.cli.submit.options import RULE_FIELDS
from dawn_chorus.cli.submit.outcomes import Answer, Outcome, OutcomeKind
from dawn_chorus.cli.submit.patience import Patience
from dawn_chorus.cli.submit.progress import Totals
from dawn_chorus.domain.errors import ChorusError, PermanentError

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import ServiceClient

_PIECE_BYTES = 1 << 20
_EVERY_FILE = frozenset({"pack", "priority", "start", *RULE_FIELDS})
"""Fields that are the same for all files: where one is refused, the command is wrong and not the file."""


class WrongCommand(NoService):
    """An option that no file can pass with."""


@dataclass(slots=True)
class Turns:
    """Lets threads take turns with the same bytes, so that a copy is not sent while the first is on its way."""

    _locks: defaultdict[str, Lock] = field(default_factory=lambda: defaultdict(Lock))
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def of(self, sha256: str) -> Iterator[None]:
        with self._lock:
            turn = self._locks[sha256]
        with turn:
            yield


@dataclass(slots=True)
class Uploader:
    """Brings files to the service; one instance serves all threads of a run."""

    client: "ServiceClient"
    catalog: Catalog
    locator: Locator
    patience: Patience
    totals: Totals
    stopping: Event
    _turns: Turns = field(default_factory=Turns)

    def bring(self, source: Source) -> Outcome:
        """Return how the file ended. Raises Stopped, and NoService if no other file can pass either."""
        path, shown, size_bytes, sha256 = source.path, source.shown, 0, None
        try:
            size_bytes = _file_size(path)
            sha256 = self._hash(path)
            located = self.locator.locate(source)
            with self._turns.of(sha256):
                kind, answer, analysis_id = self._bring(path, sha256, located)
        except NoService:
            raise
        except Refused as error:
            if error.kind == "unknown-pack" or error.fields & _EVERY_FILE:
                raise WrongCommand(str(error)) from error
            return Outcome(shown, OutcomeKind.REFUSED, size_bytes, sha256, reason=str(error))
        except (ChorusError, OSError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Outcome(shown, OutcomeKind.REFUSED, size_bytes, sha256, reason=reason)
        return Outcome(shown, kind, size_bytes, sha256, answer, analysis_id)

    def _hash(self, path: Path) -> str:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                self._check_stop(len(piece))
                digest.update(piece)
        return digest.hexdigest()

    def _bring(self, path: Path, sha256: str, located: Located) -> tuple[OutcomeKind, Answer, str | None]:
        """Ask, and send what is not there; after a cut ask first, for the bytes may have arrived all the same."""
        key = str(uuid4())

        def attempt() -> tuple[OutcomeKind, Answer, str | None]:
            known = self.catalog.find(sha256, located)
            if known is None:
                return self._send(path, sha256, located)
            if known.analysis_id is None:
                return self._analyze_again(known, located, key)
            return OutcomeKind.ALREADY_THERE, known.as_upload(known.analysis_id), known.analysis_id

        return self.patience.insist(attempt)

    def _analyze_again(self, known: Known, located: Located, key: str) -> tuple[OutcomeKind, Answer, str | None]:
        recording = known.answer
        place = located.place if located.place.latitude is not None else read_place(recording)
        analysis = self.client.analyze_again(recording["id"], self.catalog.fields(place), key)
        known.answer["analyses"].append(analysis)
        return OutcomeKind.ANALYZED_AGAIN, known.as_upload(analysis["id"], duplicate=False), analysis["id"]

    def _send(self, path: Path, sha256: str, located: Located) -> tuple[OutcomeKind, Answer, str | None]:
        asked = self.catalog.fields(located.place)
        form = located.given.fields() | {name: str(value) for name, value in asked.items()}
        answer = self._send_once(path, form)
        if answer.get("sha256", sha256) != sha256:
            raise PermanentError(CHANGED)
        analysis = answering_analysis(answer)
        kind = OutcomeKind.ALREADY_THERE if answer.get("duplicate") else OutcomeKind.UPLOADED
        return kind, answer, analysis["id"] if analysis else None

    def _send_once(self, path: Path, form: dict[str, str | None]) -> Answer:
        with self.totals.sending() as count:

            def on_bytes(n_bytes: int) -> None:
                self._check_stop(n_bytes)
                count(n_bytes)

            try:
                answer = self.client.upload(path, form, on_bytes=on_bytes)
            except Refused:
                self.patience.note_answer()
                raise
        self.patience.note_answer()
        return answer

    def _check_stop(self, n_bytes: int) -> None:
        # At the end of the file nothing is cut: the answer is all that is left to come.
        if self.stopping.is_set() and n_bytes:
            raise Stopped


def _file_size(path: Path) -> int:
    """Return the size in bytes; raises PermanentError for a pipe or device, which could be read only once."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise PermanentError("is a pipe, socket or device: save it to a file first")
    return status.st_size
