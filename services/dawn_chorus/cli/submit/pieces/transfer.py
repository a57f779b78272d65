"""Brings a large file to the service in pieces: after a cut, a killed API or Ctrl-C it goes on where it was."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import NoReturn
from uuid import uuid4

from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.cli.client.failures import CHANGED, NoService, Refused, RequestCut
from dawn_chorus.cli.client.resumable import DamagedPiece, NotOffered, Piece, ResumableClient, UploadGone
from dawn_chorus.cli.submit.outcomes import Answer
from dawn_chorus.cli.submit.patience import CutCount, Patience
from dawn_chorus.cli.submit.pieces.hashed_file import PIECE_BYTES, HashedFile
from dawn_chorus.cli.submit.pieces.remembered import Remembered
from dawn_chorus.cli.submit.progress import Sending
from dawn_chorus.domain.errors import ChorusError, PermanentError

MOST_DAMAGED = 5
"""So many times a piece may arrive damaged before its file is given up."""
MOST_BEGUN = 5
"""So many times a file is begun in one run, where its uploads vanish."""
_OF_ITS_SOUND = frozenset({"not-audio", "undecodable-audio", "too-large", "too-long"})
"""Kinds of refusal that no other command changes."""
Form = Mapping[str, str | None]


@dataclass(slots=True)
class ResumableSender:
    """Opens transfers; one instance serves all threads of a run."""

    client: ResumableClient
    patience: Patience
    remembered: Remembered
    stopping: Event
    is_offered: bool = True
    """False: the service takes no resumable uploads."""
    _checked: set[frozenset[tuple[str, str | None]]] = field(default_factory=set)

    def open(self, file: HashedFile, sending: Sending) -> "Transfer | None":
        """Return the transfer of a file; None for one that goes in one request."""
        if not file.piece_hashes or not self.is_offered:
            return None
        return Transfer(self, file, sending, self.remembered.find(file.sha256))

    def is_new(self, form: Form) -> bool:
        """Return whether no service has looked at these fields in this run."""
        return frozenset(form.items()) not in self._checked

    def note_checked(self, form: Form) -> None:
        self._checked.add(frozenset(form.items()))


@dataclass(slots=True)
class Transfer:
    """One file on its way; it may be tried many times."""

    _sender: ResumableSender
    _file: HashedFile
    _sending: Sending
    _upload_id: str | None
    _offset: int | None = None
    """Bytes that have arrived; None while only the service knows."""
    _key: str = field(default_factory=lambda: str(uuid4()))
    _n_begun: int = 0
    _n_damaged: int = 0

    def bring(self, form: Form) -> Answer:
        """Send what is not there, and return the recording that is made of it.

        Raises NotOffered. After a refusal for its fields the upload stays for the next command, until it expires.
        """
        try:
            answer = self._make_recording(self._send_all(form), form)
        except NotOffered:
            self._sender.is_offered = False
            self.drop()
            raise
        except NoService:
            raise
        except (PermanentError, OSError) as error:
            if not isinstance(error, Refused) or error.kind in _OF_ITS_SOUND or self._offset == 0:
                self.drop()
            raise
        self._sender.patience.note_answer()
        self._forget()
        return answer

    def drop(self) -> None:
        """Have the service remove what it has of the file; what cannot be removed now expires there."""
        upload_id = self._upload_id
        self._forget()
        if upload_id is not None:
            with suppress(ChorusError):  # it expires
                self._sender.client.remove(upload_id)

    def _forget(self) -> None:
        self._sender.remembered.forget(self._file.sha256)
        self._upload_id = self._offset = None

    def _send_all(self, form: Form) -> str:
        """Return the id of the upload that is whole."""
        patience = self._sender.patience
        cuts = CutCount(patience)
        while self._upload_id is None or self._offset != self._file.size_bytes:
            try:
                has_moved = patience.wait_out(partial(self._advance, form))
            except RequestCut as error:
                self._offset = None
                cuts.wait(error)
            else:
                # A line that is cut after every few pieces brings the file all the same.
                cuts = CutCount(patience) if has_moved else cuts
        return self._upload_id

    def _advance(self, form: Form) -> bool:
        """Begin, ask, or send a piece; return whether the file has come further."""
        try:
            if self._upload_id is None:
                self._begin()
            elif self._offset is None:
                self._stand_at(self._sender.client.offset(self._upload_id))
            elif not self._offset and self._sender.is_new(form):
                # A wrong option shall not cost the time that a day of sound takes.
                self._sender.client.check_fields(self._upload_id, form)
                self._sender.note_checked(form)
            else:
                self._send_piece(self._upload_id, self._file.piece_at(self._offset))
                return True
        except UploadGone as error:
            self._begin_anew(error)
        return False

    def _begin(self) -> None:
        self._n_begun += 1
        if self._n_begun > MOST_BEGUN:
            raise PermanentError(f"given up: {MOST_BEGUN} uploads of it vanished at the service")
        self._upload_id = self._sender.client.begin(self._file.path, self._file.size_bytes)
        self._sender.remembered.note(self._file.sha256, self._upload_id)
        self._stand_at(0)

    def _begin_anew(self, error: Exception) -> NoReturn:
        self._forget()
        self._sending.stand_at(0)
        raise RequestCut(f"{error}: it is begun anew") from error

    def _stand_at(self, offset: int) -> None:
        if offset % PIECE_BYTES and offset != self._file.size_bytes:
            # Pieces are taken whole or not at all: this was not begun by us.
            self._begin_anew(UploadGone("the service has another file under its upload"))
        self._offset = offset
        self._sending.stand_at(offset)

    def _send_piece(self, upload_id: str, piece: Piece) -> None:
        if self._file.is_changed():
            raise PermanentError(CHANGED)
        self._offset = None  # the answer may be lost
        try:
            arrived = self._sender.client.send(upload_id, piece, self._count)
        except DamagedPiece as error:
            self._judge(error, piece)
        self._sender.patience.note_answer()
        self._n_damaged = 0
        self._stand_at(arrived)

    def _judge(self, error: DamagedPiece, piece: Piece) -> NoReturn:
        """Raise what a wrong checksum means: the file changed, or the line spoils what is sent."""
        if self._file.is_changed(piece):
            raise PermanentError(CHANGED) from error
        self._n_damaged += 1
        if self._n_damaged >= MOST_DAMAGED:
            raise PermanentError(f"given up: {error}, {MOST_DAMAGED} times in a row") from error
        raise error

    def _make_recording(self, upload_id: str, form: Form) -> Answer:
        if self._file.is_changed():
            raise PermanentError(CHANGED)
        try:
            return self._sender.client.make_recording(upload_id, self._file.size_bytes, form, self._key)
        except UploadGone as error:
            self._begin_anew(error)

    def _count(self, n_bytes: int) -> None:
        if self._sender.stopping.is_set():
            raise Stopped
        self._sending.count(n_bytes)
