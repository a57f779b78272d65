"""Brings one file to the service: hash, ask, send what is not there, and again after a cut."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING
from uuid import uuid4

from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.cli.client.failures import CHANGED, NoService, Refused
from dawn_chorus.cli.client.resumable import NotOffered
from dawn_chorus.cli.client.views import answering_analysis
from dawn_chorus.cli.sources import Source
from dawn_chorus.cli.submit.known import Catalog, Known, read_place
from dawn_chorus.cli.submit.location import Located, Locator
from dawn_chorus.cli.submit.options import RULE_FIELDS
from dawn_chorus.cli.submit.outcomes import Answer, Outcome, OutcomeKind
from dawn_chorus.cli.submit.patience import Patience
from dawn_chorus.cli.submit.pieces.hashed_file import HashedFile, file_size, hash_file
from dawn_chorus.cli.submit.pieces.transfer import ResumableSender, Transfer
from dawn_chorus.cli.submit.progress import Sending, Totals
from dawn_chorus.domain.errors import ChorusError, PermanentError

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import ServiceClient

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
    resumable: ResumableSender
    _turns: Turns = field(default_factory=Turns)

    def bring(self, source: Source) -> Outcome:
        """Return how the file ended. Raises Stopped, and NoService if no other file can pass either."""
        path, shown, size_bytes, sha256 = source.path, source.shown, 0, None
        try:
            size_bytes = file_size(path)
            file = hash_file(path, self._check_stop)
            sha256 = file.sha256
            located = self.locator.locate(source)
            with self._turns.of(sha256), self.totals.sending() as sending:
                kind, answer, analysis_id = self._bring(file, located, sending)
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

    def _bring(self, file: HashedFile, located: Located, sending: Sending) -> tuple[OutcomeKind, Answer, str | None]:
        """Ask, and send what is not there; after a cut ask first, for the bytes may have arrived all the same."""
        key = str(uuid4())
        transfer = self.resumable.open(file, sending)

        def attempt() -> tuple[OutcomeKind, Answer, str | None]:
            known = self.catalog.find(file.sha256, located)
            if known is None:
                return self._send(file, located, transfer, sending)
            if transfer is not None:
                transfer.drop()
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

    def _send(
        self, file: HashedFile, located: Located, transfer: Transfer | None, sending: Sending
    ) -> tuple[OutcomeKind, Answer, str | None]:
        asked = self.catalog.fields(located.place)
        form = located.given.fields() | {name: str(value) for name, value in asked.items()}
        answer = None
        if transfer is not None and self.resumable.is_offered:
            with suppress(NotOffered):  # told at the end of the run
                answer = transfer.bring(form)
        if answer is None:
            answer = self._send_whole(file, form, sending)
        if answer.get("sha256", file.sha256) != file.sha256:
            raise PermanentError(CHANGED)
        analysis = answering_analysis(answer)
        kind = OutcomeKind.ALREADY_THERE if answer.get("duplicate") else OutcomeKind.UPLOADED
        return kind, answer, analysis["id"] if analysis else None

    def _send_whole(self, file: HashedFile, form: dict[str, str | None], sending: Sending) -> Answer:
        def on_bytes(n_bytes: int) -> None:
            self._check_stop(n_bytes)
            sending.count(n_bytes)

        try:
            answer = self.client.upload(file.path, form, on_bytes=on_bytes)
        except Refused:
            self.patience.note_answer()
            raise
        finally:
            sending.stand_at(0)
        self.patience.note_answer()
        return answer

    def _check_stop(self, n_bytes: int) -> None:
        # At the end of the file nothing is cut: the answer is all that is left to come.
        if self.stopping.is_set() and n_bytes:
            raise Stopped
