"""Streams multipart uploads: the file is hashed on its way to the sink; fields may come before or after it."""

import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from email.message import Message
from pathlib import PurePosixPath, PureWindowsPath
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote_to_bytes

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from dawn_chorus.api.http.problems import MALFORMED, TOO_LARGE, UNSUPPORTED, Problem, invalid_field
from dawn_chorus.domain.names import find_forbidden

FILE_FIELD = "file"
UPLOAD_FIELD = "upload"
"""Names a file whose bytes were sent before, in place of one."""
MAX_PARTS = 32
MAX_FIELD_BYTES = 16 * 2**10
MAX_FORM_BYTES = 2**19
MAX_FILENAME = 255
_QUOTED = re.compile(r'"[^"]*"')
_EXTENDED_FILENAME = re.compile(r";\s*filename\*\s*=\s*([^';]*)'[^';]*'([^;\s]*)", re.IGNORECASE)
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\|\.{1,2}\\")

Chunks = AsyncIterator[bytes]
Event: TypeAlias = MultipartSegment | bytes | bytearray | None
Sink = Callable[[str, Chunks], Awaitable[object]]
"""Writes the bytes under the filename; leaves nothing behind if reading the bytes raises."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A received upload: facts about the file, and the text fields."""

    filename: str
    """Empty, as are size and hash, if the field `upload` names a file that was sent before."""
    size_bytes: int
    sha256: str
    fields: dict[str, str]

    def fingerprint(self) -> str:
        """Return a hash of the file and the fields; the boundary and the order of the parts do not count."""
        content = [self.filename, self.sha256, *(f"{name}={self.fields[name]}" for name in sorted(self.fields))]
        return hashlib.sha256("\0".join(content).encode()).hexdigest()


async def receive_upload(body: Chunks, content_type: str, allowed: frozenset[str], sink: Sink) -> Upload:
    """Read a body to its end, and write the part `file` to the sink; a form without files may be urlencoded.

    Raises Problem for a body that is no form or is broken, a missing or second file, or a field not allowed. It raises
    as soon as this is known, before the rest of the body is read.
    """
    if _media_type(content_type) == "application/x-www-form-urlencoded":
        return read_urlencoded(await _read_short(body), allowed)
    async with aclosing(_events(body, _boundary(content_type))) as events:
        return await _UploadReader(events, allowed, sink).read()


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _boundary(content_type: str) -> str:
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise Problem(UNSUPPORTED, "Send the recording as multipart/form-data: curl -F file=@dawn.flac …")
    return boundary


async def _events(body: Chunks, boundary: str) -> AsyncGenerator[Event]:
    """Yield parser events: a segment, its bytes, None for its end; raise Problem for a broken body."""
    try:
        # Latin-1 keeps every byte of a header, whatever a client's encoding is; `_as_utf8` reads them.
        parser = PushMultipartParser(boundary, max_segment_count=MAX_PARTS, header_charset="latin-1")
        with parser:
            async for chunk in body:
                if chunk:
                    for event in parser.parse(chunk):
                        yield event
    except MultipartError as error:
        raise Problem(MALFORMED, f"The multipart body is broken: {error}") from error


class _UploadReader:
    """Reads one body."""

    def __init__(self, events: AsyncIterator[Event], allowed: frozenset[str], sink: Sink) -> None:
        self._events, self._allowed, self._sink = events, allowed, sink
        self._fields: dict[str, str] = {}
        self._file: _File | None = None

    async def read(self) -> Upload:
        async for event in self._events:
            if isinstance(event, MultipartSegment):
                await self._read_part(event)
        if self._file is None and UPLOAD_FIELD in self._fields:
            return Upload("", 0, "", self._fields)
        if self._file is None:
            raise _missing_file()
        return Upload(self._file.name, self._file.size_bytes, self._file.hash.hexdigest(), self._fields)

    async def _read_part(self, part: MultipartSegment) -> None:
        name = _as_utf8(part.name or "")
        if name == FILE_FIELD:
            await self._read_file(part)
        else:
            _check_field(name, self._fields, self._allowed)
            if name == UPLOAD_FIELD and self._file is not None:
                raise _two_files()
            self._fields[name] = await self._read_text(name)

    async def _read_file(self, part: MultipartSegment) -> None:
        if self._file is not None:
            raise invalid_field(FILE_FIELD, "Sent twice; send one recording per request")
        if UPLOAD_FIELD in self._fields:
            raise _two_files()
        name = _filename(part)
        if not name:
            raise invalid_field(FILE_FIELD, "Not a file: with curl, write file=@dawn.flac")
        self._file = _File(check_filename(name))
        await self._sink(self._file.name, self._file.counted(self._part_bytes()))

    async def _read_text(self, name: str) -> str:
        text = bytearray()
        async for chunk in self._part_bytes():
            text += chunk
            if len(text) > MAX_FIELD_BYTES:
                raise invalid_field(name, f"Longer than {MAX_FIELD_BYTES} bytes")
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            raise invalid_field(name, "Not UTF-8") from error

    async def _part_bytes(self) -> Chunks:
        async for event in self._events:
            if event is None:
                return
            if not isinstance(event, MultipartSegment):
                yield bytes(event)


async def _read_short(body: Chunks) -> bytes:
    """Return a body without files; raise Problem for one that is as long as if it had one."""
    content = bytearray()
    async for chunk in body:
        content += chunk
        if len(content) > MAX_FORM_BYTES:
            raise Problem(TOO_LARGE, f"A form without a file may have at most {MAX_FORM_BYTES} bytes")
    return bytes(content)


def read_urlencoded(content: bytes, allowed: frozenset[str]) -> Upload:
    """Return the fields of an urlencoded form, which must name an upload; raise Problem for what is wrong with it."""
    fields: dict[str, str] = {}
    try:
        pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARTS)
    except ValueError as error:  # more fields, or bytes that are not UTF-8
        raise Problem(MALFORMED, f"The form is broken: {error}") from error
    for name, text in pairs:
        _check_field(name, fields, allowed)
        fields[name] = text
    if UPLOAD_FIELD not in fields:
        raise _missing_file()
    return Upload("", 0, "", fields)


def _check_field(name: str, fields: dict[str, str], allowed: frozenset[str]) -> None:
    if name not in allowed:
        raise invalid_field(name, f"Unknown field; allowed: file, {', '.join(sorted(allowed))}")
    if name in fields:
        raise invalid_field(name, "Sent twice")


def _missing_file() -> Problem:
    return invalid_field(FILE_FIELD, "Field required: the recording, as one file, or upload, the id of one sent before")


def _two_files() -> Problem:
    return invalid_field(UPLOAD_FIELD, "Send a file, or the id of an upload, not both")


@dataclass(slots=True)
class _File:
    """The file part: its name, and the size and hash of the bytes read so far."""

    name: str
    size_bytes: int = 0
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    async def counted(self, chunks: Chunks) -> Chunks:
        async for chunk in chunks:
            self.size_bytes += len(chunk)
            self.hash.update(chunk)
            yield chunk


def _filename(part: MultipartSegment) -> str | None:
    """Return the name of a file as it was sent: `filename*` (RFC 5987) before `filename`; bytes no UTF-8 as U+FFFD."""
    unquoted = _QUOTED.sub("", part.header("Content-Disposition", ""))
    extended = _EXTENDED_FILENAME.search(unquoted)
    if extended is None:
        # Old curl, httpx and others double a backslash within quotes; the parser leaves it so.
        return None if part.filename is None else _as_utf8(part.filename).replace("\\\\", "\\")
    charset, encoded = extended.groups()
    if charset.lower() not in ("utf-8", "iso-8859-1"):
        raise invalid_field(FILE_FIELD, f"Its name is encoded as {charset!r}: use utf-8")
    return unquote_to_bytes(encoded).decode(charset, "replace")


def _as_utf8(header: str) -> str:
    return header.encode("latin-1").decode("utf-8", "replace")


def check_filename(name: str) -> str:
    """Return the last part of a path, unchanged: a name, never a path. Raises Problem for what is no name of a file.

    A backslash separates folders only in what is clearly a path of Windows: elsewhere it is a character like others.
    """
    path = PureWindowsPath(name).name if _WINDOWS_PATH.match(name) else name
    last = PurePosixPath(path).name
    if last in ("", ".", ".."):
        raise invalid_field(FILE_FIELD, f"{name!r} is no name of a file")
    if len(last) > MAX_FILENAME:
        raise invalid_field(FILE_FIELD, f"Its name is longer than {MAX_FILENAME} characters: rename it")
    if (forbidden := find_forbidden(last)) is not None:
        raise invalid_field(FILE_FIELD, f"Its name contains U+{ord(forbidden):04X}, a control character: rename it")
    return last
