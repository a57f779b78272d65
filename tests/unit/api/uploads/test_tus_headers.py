"""The headers of the tus protocol, in all the ways in which clients get them wrong."""

import base64
import hashlib

import pytest
from starlette.datastructures import Headers

from dawn_chorus.api.http.problems import Problem
from dawn_chorus.api.uploads.resumable.headers import (
    UNNAMED,
    check_content_type,
    check_version,
    read_checksum,
    read_filename,
    read_length,
    read_metadata,
    read_number,
)

MOST_BYTES = 1000


def b64(content: bytes | str) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.lower().encode(), value.encode("latin-1")) for name, value in pairs])


@pytest.mark.parametrize(
    ("header", "pairs"),
    [
        ("", {}),
        ("   ", {}),
        (f"filename {b64('dawn.wav')}", {"filename": b"dawn.wav"}),
        (f"filename {b64('a')},filetype {b64('audio/wav')}", {"filename": b"a", "filetype": b"audio/wav"}),
        (f"filename {b64('a')}, filetype {b64('b')}", {"filename": b"a", "filetype": b"b"}),
        (f"is_confidential,filename {b64('a')}", {"is_confidential": b"", "filename": b"a"}),
        (f"is_confidential ,filename {b64('a')}", {"is_confidential": b"", "filename": b"a"}),
        (f"note {b64(bytes([255, 0, 1]))}", {"note": b"\xff\x00\x01"}),
        (f"a+b/c=d! {b64('x')}", {"a+b/c=d!": b"x"}),
        (f"Filename {b64('x')},filename {b64('y')}", {"Filename": b"x", "filename": b"y"}),
    ],
)
def test_metadata_are_pairs_of_a_key_and_a_value_that_may_be_left_out(header: str, pairs: dict[str, bytes]) -> None:
    assert read_metadata(header) == pairs


@pytest.mark.parametrize(
    "header",
    [
        f"filename {b64('a')},filename {b64('b')}",
        "filename,filename",
        "filename dawn.wav",
        "filename ZGF3bg",
        "filename ZGF3bg== ZGF3bg==",
        "filename =ZGF3",
        f"filename  {b64('two spaces')}",
        f"filename {b64('a')},,filetype {b64('b')}",
        f",filename {b64('a')}",
        f"filename {b64('a')},",
        f"f\xefle {b64('a')}",
        "filename \xe9\xe9\xe9\xe9",
    ],
)
def test_broken_metadata_are_refused(header: str) -> None:
    with pytest.raises(Problem) as raised:
        read_metadata(header)
    assert (raised.value.kind.status, raised.value.errors[0].field) == (400, "Upload-Metadata")


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        (f"filename {b64('dämmerung 👩‍🔬.wav')}", "dämmerung 👩‍🔬.wav"),
        (f"name {b64('by uppy.wav')},type {b64('audio/wav')}", "by uppy.wav"),
        (f"name {b64('b.wav')},filename {b64('a.wav')}", "a.wav"),
        ("filename " + b64("C:\\cards\\a.wav"), "a.wav"),
        (f"filename {b64('/cards/../a.wav')}", "a.wav"),
        ("filetype YXVkaW8vd2F2", UNNAMED),
        ("", UNNAMED),
    ],
)
def test_the_name_of_a_file_is_read(metadata: str, name: str) -> None:
    assert read_filename(headers(("Upload-Metadata", metadata))) == (name, metadata)


def test_a_file_may_come_without_metadata() -> None:
    assert read_filename(headers()) == (UNNAMED, "")


@pytest.mark.parametrize("name", [b"", b".", b"..", b"a\x00.wav", "a\u202evaw.exe".encode(), b"\xff\xfe", b"x" * 256])
def test_what_is_no_name_is_refused(name: bytes) -> None:
    with pytest.raises(Problem) as raised:
        read_filename(headers(("Upload-Metadata", f"filename {b64(name)}")))
    assert (raised.value.kind.status, raised.value.errors[0].field) == (400, "Upload-Metadata")


@pytest.mark.parametrize(
    "values", [[], ["-1"], ["1.5"], ["1e3"], ["ten"], [""], ["+1"], ["0x10"], ["1 "], ["1", "1"], ["9" * 41]]
)
def test_what_is_no_number_is_refused(values: list[str]) -> None:
    with pytest.raises(Problem) as raised:
        read_number(headers(*(("Upload-Offset", value) for value in values)), "Upload-Offset")
    assert raised.value.kind.status == 400


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_a_number_is_read(value: str, number: int) -> None:
    assert read_number(headers(("Upload-Offset", value)), "Upload-Offset") == number


@pytest.mark.parametrize(
    ("pairs", "status"),
    [
        ([("Upload-Defer-Length", "1")], 400),
        ([("Upload-Defer-Length", "1"), ("Upload-Length", "5")], 400),
        ([("Upload-Concat", "partial"), ("Upload-Length", "5")], 400),
        ([("Upload-Concat", "final;/v1/uploads/a /v1/uploads/b")], 400),
        ([("Upload-Length", "-5")], 400),
        ([], 400),
        ([("Upload-Length", str(MOST_BYTES + 1))], 413),
        ([("Upload-Length", "9" * 40)], 413),
        ([("Upload-Length", "9" * 5000)], 400),
    ],
)
def test_a_size_must_be_known_and_not_too_large(pairs: list[tuple[str, str]], status: int) -> None:
    with pytest.raises(Problem) as raised:
        read_length(headers(*pairs), MOST_BYTES)
    assert raised.value.kind.status == status


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_checksum_is_read(algorithm: str) -> None:
    digest = hashlib.new(algorithm, b"dawn").digest()
    checksum = read_checksum(headers(("Upload-Checksum", f"{algorithm} {b64(digest)}")))
    assert checksum is not None
    summed = checksum.start()
    summed.update(b"dawn")
    assert summed.digest() == checksum.digest == digest


def test_no_checksum_is_asked_for() -> None:
    assert read_checksum(headers()) is None


@pytest.mark.parametrize(
    "values",
    [
        [""],
        ["sha256"],
        ["sha256 "],
        [f"md5 {b64(bytes(16))}"],
        [f"crc32 {b64(bytes(4))}"],
        [f"SHA256 {b64(bytes(32))}"],
        [f"sha256 {b64(bytes(20))}"],
        [f"sha1 {b64(bytes(32))}"],
        ["sha256 not-base64"],
        [f"sha256  {b64(bytes(32))}"],
        [f"sha256 {hashlib.sha256(b'').hexdigest()}"],
        [f"sha256 {b64(bytes(32))}", f"sha1 {b64(bytes(20))}"],
    ],
)
def test_what_is_no_checksum_is_refused(values: list[str]) -> None:
    with pytest.raises(Problem) as raised:
        read_checksum(headers(*(("Upload-Checksum", value) for value in values)))
    assert raised.value.kind.status == 400


@pytest.mark.parametrize("values", [[], ["0.2.2"], ["1.0"], ["1.0.0", "1.0.0"], ["1.0.0, 0.2.2"], [""]])
def test_another_version_is_not_spoken(values: list[str]) -> None:
    with pytest.raises(Problem) as raised:
        check_version(headers(*(("Tus-Resumable", value) for value in values)))
    assert (raised.value.kind.status, raised.value.headers) == (412, {"Tus-Version": "1.0.0"})


@pytest.mark.parametrize("sent", ["application/offset+octet-stream", "Application/Offset+Octet-Stream ; charset=x"])
def test_bytes_have_a_type_of_their_own(sent: str) -> None:
    check_content_type(headers(("Content-Type", sent)))


@pytest.mark.parametrize("sent", ["", "application/octet-stream", "audio/wav", "application/offset"])
def test_bytes_of_another_type_are_refused(sent: str) -> None:
    with pytest.raises(Problem) as raised:
        check_content_type(headers(("Content-Type", sent)))
    assert raised.value.kind.status == 415
