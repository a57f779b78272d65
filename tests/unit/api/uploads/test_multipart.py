import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawn_chorus.api.http.problems import INVALID, MALFORMED, UNSUPPORTED, Problem
from dawn_chorus.api.uploads.multipart import Chunks, Upload, check_filename, receive_upload

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


def named_part(disposition: bytes) -> bytes:
    head = b'Content-Disposition: form-data; name="file"; ' + disposition
    return f"--{BOUNDARY}\r\n".encode() + head + b"\r\n\r\nsound\r\n"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("dawn.flac", "dawn.flac"),
        ("a:b.wav", "a:b.wav"),
        ("C:a.wav", "C:a.wav"),
        (" dawn .wav ", " dawn .wav "),
        ("...", "..."),
        ("..wav", "..wav"),
        (r"a\b.wav", r"a\b.wav"),
        ("N\u00a0e\u0301\u200d\u00ad.wav", "N\u00a0e\u0301\u200d\u00ad.wav"),
        ("../../etc/passwd", "passwd"),
        ("dir/a:b.wav", "a:b.wav"),
        ("/media/card/", "card"),
        (r"C:\field\Höhe 3.wav", "Höhe 3.wav"),
        (r"D:/field/a.wav", "a.wav"),
        (r"\\server\share\a.wav", "a.wav"),
        (r"..\..\a.wav", "a.wav"),
    ],
)
def test_a_filename_is_the_last_part_of_a_path_unchanged(sent: str, kept: str) -> None:
    assert check_filename(sent) == kept


@pytest.mark.parametrize(
    "sent",
    [
        "..",
        ".",
        "/",
        "a/..",
        "./.",
        r"C:\..",
        "\\\\",
        "a\x00b.wav",
        "a\nb.wav",
        "a\x85.wav",
        "dawn\u202evaw.exe",
        "a" * 256,
    ],
)
def test_what_is_no_name_is_refused_and_not_mended(sent: str) -> None:
    with pytest.raises(Problem) as caught:
        check_filename(sent)
    assert (caught.value.kind, caught.value.errors[0].field) == (INVALID, "file")


@pytest.mark.parametrize(
    ("disposition", "kept"),
    [
        ('filename="Höhe 3.wav"'.encode(), "Höhe 3.wav"),
        (b'filename="r\xe9veil.wav"', "r\ufffdveil.wav"),
        (b'filename="\x83\x74.wav"', "\ufffdt.wav"),
        (b"filename=dawn.wav", "dawn.wav"),
        (b"filename*=utf-8''H%C3%B6he%203.wav", "Höhe 3.wav"),
        (b"filename*=UTF-8'de'H%C3%B6he.wav", "Höhe.wav"),
        (b"filename*=iso-8859-1''r%E9veil.wav", "réveil.wav"),
        (b"filename*=utf-8''r%E9veil.wav", "r\ufffdveil.wav"),
        (b"filename=\"fallback.wav\"; filename*=utf-8''r%C3%A9veil.wav", "réveil.wav"),
        (b"filename*=utf-8''r%C3%A9veil.wav; filename=\"fallback.wav\"", "réveil.wav"),
        (b"filename=\"a; filename*=utf-8''b.wav\"", "a; filename*=utf-8''b.wav"),
        (b'filename="say %22dawn%22.wav"', 'say "dawn".wav'),
        (b'filename="say \\"dawn\\".wav"', 'say "dawn".wav'),
        (b'filename="a\\b.wav"', "a\\b.wav"),
        (b'filename="a\\\\b.wav"', "a\\b.wav"),
        (b'filename="C:\\field\\a.wav"', "a.wav"),
        (b'filename="C:\\\\field\\\\a.wav"', "a.wav"),
        (b'filename="\\\\server\\share\\a.wav"', "a.wav"),
        (b'filename="100%25 dawn.wav"', "100%25 dawn.wav"),
        ('filename="می\u200cخواهم \u00a0👩\u200d🔬.wav"'.encode(), "می\u200cخواهم \u00a0👩\u200d🔬.wav"),
    ],
)
def test_a_filename_is_read_however_it_was_encoded(disposition: bytes, kept: str) -> None:
    sink = MemorySink()
    upload = receive(body_of(named_part(disposition)), sink=sink)
    assert upload.filename == kept
    assert sink.files == {kept: b"sound"}


@pytest.mark.parametrize(
    "disposition",
    [b'filename="a%0Ab.wav"', b"filename*=utf-8''a%0Ab.wav", b"filename*=idna''a.wav", b"filename*=utf-8''..%2F.."],
)
def test_a_filename_that_is_none_is_refused_however_it_was_encoded(disposition: bytes) -> None:
    problem = refusal_of(body_of(named_part(disposition)))
    assert (problem.kind, problem.errors[0].field) == (INVALID, "file")
