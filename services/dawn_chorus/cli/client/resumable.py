"""Resumable uploads (tus 1.0): a file in pieces with checksums, so that after a cut only the rest is sent."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx

from dawn_chorus.cli.client.failures import Refused, RequestCut
from dawn_chorus.cli.client.sent_file import sendable_name, storing_timeout
from dawn_chorus.domain.errors import PermanentError

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import Answer, ServiceClient

_TUS = {"Tus-Resumable": "1.0.0"}
_READ_BYTES = 1 << 16
_NOT_OFFERED = frozenset({404, 405, 501})
_GONE = frozenset({404, 410})
_OTHER_OFFSET, _DAMAGED = 409, 460
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


class NotOffered(PermanentError):
    """The service, or a proxy before it, takes no resumable uploads."""


class UploadGone(PermanentError):
    """The upload expired, was removed or used up."""


class DamagedPiece(RequestCut):
    """What arrived has another checksum than what was sent."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file."""

    path: Path
    position: int
    size_bytes: int
    sha256: bytes
    """Of the bytes that it shall have."""

    def read(self) -> Iterator[bytes]:
        """Yield its bytes; fewer than `size_bytes` where the file ends before."""
        with self.path.open("rb") as file:
            file.seek(self.position)
            left = self.size_bytes
            while left and (part := file.read(min(left, _READ_BYTES))):
                left -= len(part)
                yield part


class ResumableClient:
    """Resumable uploads to one service; may be used from many threads. Its methods raise as those of ServiceClient."""

    def __init__(self, client: "ServiceClient") -> None:
        self._client = client

    @property
    def service(self) -> str:
        """The service's address."""
        return self._client.url

    def begin(self, path: Path, size_bytes: int) -> str:
        """Return the id of a new upload; raises NotOffered if the service has none."""
        name = b64encode(sendable_name(path).encode()).decode()
        headers = {**_TUS, "Upload-Length": str(size_bytes), "Upload-Metadata": f"filename {name}"}
        response = self._client.send("POST", "/v1/uploads", is_upload=True, headers=headers)
        if response.status_code in _NOT_OFFERED:
            raise NotOffered("the service takes no resumable uploads")
        self._client.check(response)
        # Its last part: a proxy may serve us under another path than the service knows of.
        upload_id = response.headers.get("location", "").rstrip("/").rpartition("/")[2]
        if response.status_code != httpx.codes.CREATED or not is_upload_id(upload_id):
            raise self._client.foreign("it names no new upload")
        return str(upload_id)

    def offset(self, upload_id: str) -> int:
        """Return how many bytes have arrived; raises UploadGone."""
        return self._offset(self._client.send("HEAD", _path(upload_id), is_upload=True, headers=_TUS))

    def send(self, upload_id: str, piece: Piece, on_bytes: Callable[[int], None]) -> int:
        """Send a piece, and return how many bytes have arrived in all.

        Raises UploadGone, DamagedPiece, and RequestCut if the service is at another position. `on_bytes` receives the
        number of bytes of each part that is sent; what it raises ends the request.
        """

        def parts() -> Iterator[bytes]:
            for part in piece.read():
                on_bytes(len(part))
                yield part

        headers = {
            **_TUS,
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(piece.size_bytes),
            "Upload-Offset": str(piece.position),
            "Upload-Checksum": f"sha256 {b64encode(piece.sha256).decode()}",
        }
        response = self._client.send("PATCH", _path(upload_id), is_upload=True, headers=headers, content=parts())
        if response.status_code == _OTHER_OFFSET:
            raise RequestCut("the service has another part of the file")
        if response.status_code == _DAMAGED:
            raise DamagedPiece("what arrived is not what was sent")
        return self._offset(response)

    def _offset(self, response: httpx.Response) -> int:
        if response.status_code in _GONE:
            raise UploadGone("the upload is gone")
        if response.status_code in _NOT_OFFERED:
            raise NotOffered("a proxy lets no resumable uploads pass")
        self._client.check(response)
        offset = response.headers.get("upload-offset", "")
        if not (offset.isascii() and offset.isdigit()):
            raise self._client.foreign("it says not how much has arrived")
        return int(offset)

    def remove(self, upload_id: str) -> None:
        """Remove an upload; it may be gone already."""
        response = self._client.send("DELETE", _path(upload_id), headers=_TUS)
        if response.status_code not in _GONE:
            self._client.check(response)

    def check_fields(self, upload_id: str, fields: Mapping[str, str | None]) -> None:
        """Raise Refused for fields with which no recording is made, whatever the bytes will be.

        Asks to make a recording of an upload that is not complete: to be told so means that nothing else is wrong.
        """
        try:
            self.make_recording(upload_id, 0, fields, str(uuid4()))
        except Refused as error:
            if error.kind != "upload-incomplete":
                raise

    def make_recording(self, upload_id: str, size_bytes: int, fields: Mapping[str, str | None], key: str) -> "Answer":
        """Make a recording of a whole upload, as `ServiceClient.upload` does of a file.

        With the same `key` it is made once, however often this is sent. Raises UploadGone.
        """
        form = {name: value for name, value in fields.items() if value is not None} | {"upload": upload_id}
        response = self._client.send(
            "POST",
            "/v1/recordings",
            is_upload=True,
            data=form,
            headers={"Idempotency-Key": key},
            timeout=storing_timeout(size_bytes),
        )
        if response.status_code in _GONE:
            raise UploadGone("the upload is gone")
        return self._client.read(response)


def is_upload_id(text: str) -> bool:
    """Return whether it may be the id of an upload, and a part of a path."""
    return _ID.fullmatch(text) is not None


def _path(upload_id: str) -> str:
    return f"/v1/uploads/{upload_id}"
