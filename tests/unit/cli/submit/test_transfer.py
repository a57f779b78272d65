"""A large file on its way in pieces, to a service that loses, spoils, forgets and refuses."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.cli.client.failures import CHANGED, Refused, RequestCut, ServiceAway
from dawn_chorus.cli.client.resumable import DamagedPiece, NotOffered, Piece, UploadGone
from dawn_chorus.cli.submit.patience import MOST_CUTS, Patience
from dawn_chorus.cli.submit.pieces import hashed_file
from dawn_chorus.cli.submit.pieces.hashed_file import HashedFile, hash_file
from dawn_chorus.cli.submit.pieces.remembered import Remembered
from dawn_chorus.cli.submit.pieces.transfer import MOST_BEGUN, MOST_DAMAGED, ResumableSender, Transfer
from dawn_chorus.cli.submit.progress import Totals
from dawn_chorus.domain.errors import PermanentError

PIECE = 1000
SIZE = 3 * PIECE + 700


class FakeService:
    """Uploads in memory; `trouble` is asked before and after each request is carried out, and may raise."""

    service = "http://birds"

    def __init__(self) -> None:
        self.uploads: dict[str, bytearray] = {}
        self.requests: list[str] = []
        self.recordings: list[bytes] = []
        self.before: Callable[[str], None] = lambda _request: None
        self.after: Callable[[str], None] = lambda _request: None
        self.n_begun = 0

    def _note(self, request: str) -> None:
        self.requests.append(request)
        self.before(request)

    def begin(self, _path: Path, size_bytes: int) -> str:
        assert size_bytes == SIZE
        self._note("begin")
        self.n_begun += 1
        self.uploads[f"upload-{self.n_begun}"] = bytearray()
        self.after("begin")
        return f"upload-{self.n_begun}"

    def _find(self, upload_id: str) -> bytearray:
        if upload_id not in self.uploads:
            raise UploadGone("the upload is gone")
        return self.uploads[upload_id]

    def offset(self, upload_id: str) -> int:
        self._note("ask")
        return len(self._find(upload_id))

    def send(self, upload_id: str, piece: Piece, on_bytes: Callable[[int], None]) -> int:
        self._note("send")
        content = b""
        for part in piece.read():
            on_bytes(len(part))
            content += part
        held = self._find(upload_id)
        if len(held) != piece.position:
            raise RequestCut("the service has another part of the file")
        if hashlib.sha256(content).digest() != piece.sha256:
            raise DamagedPiece("what arrived is not what was sent")
        held += content
        self.after("send")
        return len(held)

    def remove(self, upload_id: str) -> None:
        self._note("remove")
        self.uploads.pop(upload_id, None)

    def check_fields(self, upload_id: str, _fields: object) -> None:
        self._note("check")
        self._find(upload_id)

    def make_recording(self, upload_id: str, size_bytes: int, _fields: object, _key: str) -> dict[str, Any]:
        self._note("make")
        content = self._find(upload_id)
        assert len(content) == size_bytes
        self.recordings.append(bytes(self.uploads.pop(upload_id)))
        self.after("make")
        return {"sha256": hashlib.sha256(content).hexdigest()}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashed_file, "PIECE_BYTES", PIECE)
    monkeypatch.setattr("dawn_chorus.cli.submit.pieces.transfer.PIECE_BYTES", PIECE)
    monkeypatch.setattr(hashed_file, "RESUMABLE_OVER_BYTES", 2 * PIECE)
    monkeypatch.setattr(hashed_file, "_READ_BYTES", PIECE // 2)
    monkeypatch.setattr(Patience, "pause", lambda *_: None)


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "dawn.wav"
    path.write_bytes(bytes(number % 251 for number in range(SIZE)))
    return path


@pytest.fixture
def file(path: Path) -> HashedFile:
    return hash_file(path, lambda _: None)


@pytest.fixture
def totals() -> Totals:
    return Totals(1, SIZE)


@pytest.fixture
def sender(service: FakeService, tmp_path: Path) -> ResumableSender:
    stopping = Event()
    patience = Patience(10, stopping, lambda *_: None)
    return ResumableSender(service, patience, Remembered(tmp_path / "state", service.service), stopping)  # type: ignore[arg-type] # a fake


def open_transfer(sender: ResumableSender, file: HashedFile, totals: Totals) -> Transfer:
    with totals.sending() as sending:
        transfer = sender.open(file, sending)
    assert transfer is not None
    return transfer


@pytest.fixture
def transfer(sender: ResumableSender, file: HashedFile, totals: Totals) -> Transfer:
    return open_transfer(sender, file, totals)


def once(request: str, error: Exception, *, number: int = 1) -> Callable[[str], None]:
    """Return what raises at the so manieth request of that name."""
    seen: list[str] = []

    def raise_once(name: str) -> None:
        seen.append(name)
        if name == request and seen.count(request) == number:
            raise error

    return raise_once


def test_a_file_arrives_in_pieces_and_becomes_one_recording(
    transfer: Transfer, service: FakeService, path: Path, totals: Totals, tmp_path: Path
) -> None:
    answer = transfer.bring({})
    assert service.recordings == [path.read_bytes()]
    assert answer["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert service.requests == ["begin", "check", "send", "send", "send", "send", "make"]
    assert totals.bytes_sent == SIZE
    assert list((tmp_path / "state").iterdir()) == []


def test_a_small_file_goes_in_one_request(sender: ResumableSender, path: Path, totals: Totals) -> None:
    path.write_bytes(bytes(2 * PIECE))
    with totals.sending() as sending:
        assert sender.open(hash_file(path, lambda _: None), sending) is None


@pytest.mark.parametrize("error", [RequestCut("cut"), ServiceAway("429", 1.0), ServiceAway("no service")])
@pytest.mark.parametrize("request_", ["begin", "check", "send", "ask"])
@pytest.mark.parametrize("is_done", [False, True], ids=["before it is done", "after"])
def test_after_trouble_it_goes_on_where_it_was(
    error: Exception, request_: str, is_done: bool, transfer: Transfer, service: FakeService, path: Path
) -> None:
    setattr(service, "after" if is_done else "before", once(request_, error, number=2 if request_ == "send" else 1))
    transfer.bring({})
    assert service.recordings == [path.read_bytes()]
    assert service.requests.count("send") <= 5, "one piece more than there are, at most"


def test_a_line_that_is_cut_many_times_a_piece_brings_the_file(
    sender: ResumableSender, service: FakeService, file: HashedFile, totals: Totals, path: Path
) -> None:
    sender.patience.limit_s = 0.0

    def cut_each(name: str) -> None:
        if name == "send" and service.requests.count("send") % MOST_CUTS < MOST_CUTS - 1:
            raise RequestCut("cut")

    service.before = cut_each
    open_transfer(sender, file, totals).bring({})
    assert service.recordings == [path.read_bytes()]


def test_another_run_goes_on_with_what_was_begun(
    sender: ResumableSender, service: FakeService, file: HashedFile, totals: Totals, path: Path
) -> None:
    service.before = once("send", Stopped(), number=3)
    with pytest.raises(Stopped):
        open_transfer(sender, file, totals).bring({})
    service.requests.clear()
    open_transfer(sender, file, totals).bring({})
    assert service.requests == ["ask", "send", "send", "make"]
    assert service.recordings == [path.read_bytes()]


def test_another_run_does_not_go_on_with_a_file_that_changed(
    sender: ResumableSender, service: FakeService, file: HashedFile, totals: Totals, path: Path
) -> None:
    service.before = once("send", Stopped(), number=3)
    with pytest.raises(Stopped):
        open_transfer(sender, file, totals).bring({})
    path.write_bytes(bytes(SIZE))
    open_transfer(sender, hash_file(path, lambda _: None), totals).bring({})
    assert service.recordings == [bytes(SIZE)]


def test_an_upload_that_expired_is_begun_anew(transfer: Transfer, service: FakeService, path: Path) -> None:
    def forget(name: str) -> None:
        if name == "send" and service.requests.count("send") == 3:
            service.uploads.clear()

    service.before = forget
    transfer.bring({})
    assert (service.n_begun, service.recordings) == (2, [path.read_bytes()])


def test_uploads_that_vanish_each_time_end_the_file(transfer: Transfer, service: FakeService) -> None:
    service.before = lambda name: service.uploads.clear() if name == "send" else None
    with pytest.raises(PermanentError, match="vanished"):
        transfer.bring({})
    assert service.n_begun == MOST_BEGUN


def test_what_arrives_damaged_is_sent_again_some_times(transfer: Transfer, service: FakeService, path: Path) -> None:
    service.before = once("send", DamagedPiece("spoiled"), number=2)
    transfer.bring({})
    assert service.recordings == [path.read_bytes()]


def test_a_line_that_spoils_everything_ends_the_file(transfer: Transfer, service: FakeService) -> None:
    def spoil(name: str) -> None:
        if name == "send":
            raise DamagedPiece("what arrived is not what was sent")

    service.before = spoil
    with pytest.raises(PermanentError, match="times in a row"):
        transfer.bring({})
    assert service.requests.count("send") == MOST_DAMAGED
    assert (service.uploads, service.requests[-1]) == ({}, "remove")


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(bytes(SIZE)),
        lambda path: path.write_bytes(path.read_bytes()[: 2 * PIECE + 1]),
        lambda path: path.write_bytes(path.read_bytes() + b"more"),
        lambda path: path.unlink(),
    ],
    ids=["other bytes", "shorter", "longer", "gone"],
)
@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_file_that_changes_meanwhile_is_told_and_not_stored(
    change: Callable[[Path], None], number: int, transfer: Transfer, service: FakeService, path: Path
) -> None:
    service.before = lambda name: change(path) if service.requests.count(name) == number and name == "send" else None
    with pytest.raises((PermanentError, FileNotFoundError)) as told:
        transfer.bring({})
    assert CHANGED in str(told.value) or isinstance(told.value, FileNotFoundError)
    assert (service.recordings, service.uploads) == ([], {})


@pytest.mark.parametrize(("kind", "is_kept"), [("not-audio", False), ("invalid-request", True), ("conflict", True)])
def test_what_is_refused_for_its_fields_need_not_be_sent_again(
    kind: str,
    is_kept: bool,
    sender: ResumableSender,
    service: FakeService,
    file: HashedFile,
    totals: Totals,
    path: Path,
) -> None:
    service.before = once("make", Refused("no", 422, kind=kind))
    with pytest.raises(Refused):
        open_transfer(sender, file, totals).bring({})
    assert bool(service.uploads) == is_kept
    service.requests.clear()
    open_transfer(sender, file, totals).bring({})
    assert service.requests == (["ask", "make"] if is_kept else ["begin", "send", "send", "send", "send", "make"])
    assert service.recordings == [path.read_bytes()]


def test_wrong_fields_are_told_before_a_byte_is_sent(transfer: Transfer, service: FakeService, totals: Totals) -> None:
    service.before = once("check", Refused("no such pack", 422, kind="unknown-pack"))
    with pytest.raises(Refused):
        transfer.bring({"pack": "nightingales"})
    assert (totals.bytes_sent, service.uploads) == (0, {})


def test_an_answer_that_is_lost_does_not_send_the_file_again(transfer: Transfer, service: FakeService) -> None:
    service.before = once("make", RequestCut("lost"))
    with pytest.raises(RequestCut):
        transfer.bring({})
    transfer.bring({})
    assert service.requests.count("send") == 4


def test_where_pieces_are_not_offered_none_are_tried_again(
    sender: ResumableSender, transfer: Transfer, service: FakeService, file: HashedFile, totals: Totals
) -> None:
    service.before = once("begin", NotOffered("old"))
    with pytest.raises(NotOffered):
        transfer.bring({})
    with totals.sending() as sending:
        assert sender.open(file, sending) is None


@pytest.mark.parametrize("content", [b"", b"../../etc/passwd", b"\xff\xfe", b"a" * 200, b"upload-9\n"])
def test_a_state_file_that_says_nothing_right_costs_nothing(
    content: bytes, sender: ResumableSender, service: FakeService, file: HashedFile, totals: Totals, tmp_path: Path
) -> None:
    sender.remembered.note(file.sha256, "upload-1")
    (state,) = (tmp_path / "state").iterdir()
    state.write_bytes(content)
    open_transfer(sender, file, totals).bring({})
    assert len(service.recordings) == 1


def test_a_state_folder_that_cannot_be_written_is_told_once(
    sender: ResumableSender,
    service: FakeService,
    file: HashedFile,
    totals: Totals,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "state").write_text("no folder")
    for _ in range(2):
        open_transfer(sender, file, totals).bring({})
    assert len(service.recordings) == 2
    assert capsys.readouterr().err.count("cannot be written") == 1
