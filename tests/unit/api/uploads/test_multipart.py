import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawn_chorus.api.http.problems import INVALID, MALFORMED, UNSUPPORTED, Problem
from dawn_chorus.api.uploads.multipart import Chunks, Upload, clean_filename, receive_upload

BOUNDARY = "------------------------dawn"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
FIELDS = frozenset({"site", "latitude"})


def text_part(name: str, value: str) -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def file_part(content: bytes, filename: str = "dawn.flac", name: str = "file") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    return f"{head}Content-Type: audio/flac\r\n\r\n".encode() + content + b"\r\n"


def body_of(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class MemorySink:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def __call__(self, filename: str, chunks: Chunks) -> None:
        content = b""
        async for chunk in chunks:
            content += chunk
        self.files[filename] = content


def receive(body: bytes, *, size: int = 64, sink: MemorySink | None = None, content_type: str = CONTENT_TYPE) -> Upload:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return asyncio.run(receive_upload(chunks(), content_type, FIELDS, sink or MemorySink()))


def refusal_of(body: bytes, *, content_type: str = CONTENT_TYPE) -> Problem:
    with pytest.raises(Problem) as caught:
        receive(body, content_type=content_type)
    return caught.value


@given(content=st.binary(max_size=3000), size=st.integers(1, 700))
def test_the_sink_gets_the_same_bytes_whatever_the_chunk_size(content: bytes, size: int) -> None:
    sink = MemorySink()
    upload = receive(body_of(file_part(content)), size=size, sink=sink)
    assert sink.files == {"dawn.flac": content}
    assert (upload.size_bytes, upload.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_fields_may_come_before_or_after_the_file() -> None:
    before = receive(body_of(text_part("site", "Höhe 3"), file_part(b"sound")))
    after = receive(body_of(file_part(b"sound"), text_part("site", "Höhe 3")))
    assert before.fields == after.fields == {"site": "Höhe 3"}
    assert before.fingerprint() == after.fingerprint()


def test_another_file_or_field_changes_the_fingerprint() -> None:
    one = receive(body_of(file_part(b"sound"), text_part("site", "a")))
    assert one.fingerprint() != receive(body_of(file_part(b"sounD"), text_part("site", "a"))).fingerprint()
    assert one.fingerprint() != receive(body_of(file_part(b"sound"), text_part("site", "b"))).fingerprint()


def test_an_unknown_field_is_named() -> None:
    problem = refusal_of(body_of(text_part("lat", "3"), file_part(b"sound")))
    assert problem.kind is INVALID
    assert problem.errors[0].field == "lat"
    assert "latitude" in problem.detail


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (body_of(text_part("site", "a")), "file"),
        (body_of(file_part(b"a"), file_part(b"b")), "file"),
        (body_of(text_part("file", "dawn.flac")), "file"),
        (body_of(text_part("site", "a"), text_part("site", "b"), file_part(b"a")), "site"),
        (body_of(text_part("site", "a" * 20_000), file_part(b"a")), "site"),
    ],
    ids=["no file", "two files", "a path instead of a file", "a field twice", "an endless field"],
)
def test_a_wrong_part_is_named(body: bytes, field: str) -> None:
    problem = refusal_of(body)
    assert (problem.kind, problem.errors[0].field) == (INVALID, field)


@pytest.mark.parametrize("cut", [1, 30, 90, 130])
def test_a_body_that_ends_early_is_malformed(cut: int) -> None:
    assert refusal_of(body_of(file_part(b"sound" * 9))[:cut]).kind is MALFORMED


def test_a_body_of_another_type_is_refused() -> None:
    assert refusal_of(b"{}", content_type="application/json").kind is UNSUPPORTED
    assert refusal_of(b"", content_type="multipart/form-data").kind is UNSUPPORTED


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("dawn.flac", "dawn.flac"),
        ("../../etc/passwd", "passwd"),
        (r"C:\field\Höhe 3.wav", "Höhe 3.wav"),
        ("a\x00b\n.wav", "ab.wav"),
        ("/", "recording"),
    ],
)
def test_a_filename_is_a_name_and_never_a_path(sent: str, kept: str) -> None:
    assert clean_filename(sent) == kept
