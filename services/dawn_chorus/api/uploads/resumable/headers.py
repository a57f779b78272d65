"""The headers of the tus protocol: read from requests, written into responses."""

import hashlib
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime

from starlette.datastructures import Headers

from dawn_chorus.adapters.postgres.uploads import ResumableUpload
from dawn_chorus.api.http.problems import MALFORMED, PROTOCOL_VERSION, TOO_LARGE, UNSUPPORTED, FieldError, Problem
from dawn_chorus.api.http.tus import VERSION
from dawn_chorus.api.uploads.multipart import check_filename

CONTENT_TYPE = "application/offset+octet-stream"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
ALGORITHMS = ("sha256", "sha1")
UNNAMED = "upload"
"""The name of a file that is sent without one."""
_NUMBER = re.compile(r"[0-9]{1,40}")
"""More than any file has: what is too large shall be told so."""
_KEY = re.compile(r"[!-+\--~]+")
"""Of a pair in Upload-Metadata: ASCII without space and comma."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request add up to."""

    algorithm: str
    digest: bytes

    def start(self) -> "hashlib._Hash":
        return hashlib.new(self.algorithm, usedforsecurity=False)


def check_version(headers: Headers) -> None:
    """Raise Problem unless the client speaks this version."""
    spoken = headers.getlist("tus-resumable")
    if spoken != [VERSION]:
        sent = f"not {', '.join(spoken)[:50]!r}" if spoken else "this request has no such header"
        raise Problem(PROTOCOL_VERSION, f"Send Tus-Resumable: {VERSION}; {sent}", headers={"Tus-Version": VERSION})


def check_content_type(headers: Headers) -> None:
    sent = headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != CONTENT_TYPE:
        raise Problem(UNSUPPORTED, f"Send the bytes with Content-Type: {CONTENT_TYPE}")


def read_number(headers: Headers, name: str) -> int:
    """Return a size or position in bytes; raise Problem if it is missing, sent twice, or no number."""
    values = headers.getlist(name)
    if len(values) != 1 or not _NUMBER.fullmatch(values[0]):
        raise malformed(name, "Send it once, as a number of bytes")
    return int(values[0])


def read_length(headers: Headers, most_bytes: int) -> int:
    """Return the size of a new upload; raise Problem if it is not known yet, or too large."""
    if "upload-defer-length" in headers:
        raise malformed("Upload-Defer-Length", "The size must be known at the beginning: send Upload-Length")
    if "upload-concat" in headers:
        raise malformed("Upload-Concat", "Uploads are not put together here: send the file as one upload")
    size_bytes = read_number(headers, "Upload-Length")
    if size_bytes > most_bytes:
        raise Problem(TOO_LARGE, f"A file may have at most {most_bytes} bytes", limit_bytes=most_bytes)
    return size_bytes


def read_checksum(headers: Headers) -> Checksum | None:
    """Return the sum that was sent, if any; raise Problem for an unknown algorithm, or what is no sum of it."""
    name = "Upload-Checksum"
    values = headers.getlist(name)
    if not values:
        return None
    algorithm, _, encoded = values[0].partition(" ")
    if len(values) > 1 or algorithm not in ALGORITHMS:
        raise malformed(
            name, f"Send it once, as an algorithm ({' or '.join(ALGORITHMS)}), a space, and the sum in Base64"
        )
    digest = _decode(name, encoded)
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise malformed(name, f"This is not the length of a {algorithm}")
    return Checksum(algorithm, digest)


def read_metadata(header: str) -> dict[str, bytes]:
    """Return the pairs of Upload-Metadata, a value that is left out as empty; raise Problem for a broken header."""
    name, pairs = "Upload-Metadata", {}
    for pair in header.split(",") if header.strip() else ():
        key, _, encoded = pair.strip(" ").partition(" ")
        if not _KEY.fullmatch(key):
            raise malformed(name, "Separate pairs by commas, each a key, a space, and its value in Base64")
        if key in pairs:
            raise malformed(name, f"The key {key!r} is there twice")
        pairs[key] = _decode(name, encoded)
    return pairs


def read_filename(headers: Headers) -> tuple[str, str]:
    """Return the name of the file (`filename`, else `name`) and the whole header; raise Problem for what is no name."""
    header = ",".join(headers.getlist("upload-metadata")).strip()
    pairs = read_metadata(header)
    key = next((key for key in ("filename", "name") if key in pairs), None)
    if key is None:
        return UNNAMED, header
    try:
        return check_filename(pairs[key].decode()), header
    except UnicodeDecodeError as error:
        raise malformed("Upload-Metadata", f"The {key} is not UTF-8") from error
    except Problem as problem:
        raise malformed("Upload-Metadata", problem.errors[0].detail) from problem


def describe(upload: ResumableUpload) -> dict[str, str]:
    """Return the headers that say how far an upload is."""
    expires = format_datetime(upload.expires_at.astimezone(UTC), usegmt=True)
    return {"Upload-Offset": str(upload.received_bytes), "Upload-Expires": expires}


def malformed(name: str, detail: str) -> Problem:
    return Problem(MALFORMED, f"{name}: {detail}", errors=[FieldError(field=name, detail=detail)])


def server_headers(most_bytes: int) -> Mapping[str, str]:
    """Return what this server can do."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(most_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def _decode(name: str, encoded: str) -> bytes:
    try:
        return b64decode(encoded.encode("ascii"), validate=True)
    except (NotBase64, UnicodeEncodeError) as error:
        raise malformed(name, "A value is not in Base64") from error
