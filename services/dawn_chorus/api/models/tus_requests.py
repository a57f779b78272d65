"""Headers and bodies of the tus protocol, as the OpenAPI document shows them; the code reads them by itself."""

from typing import Any

VERSION = "1.0.0"
CONTENT_TYPE = "application/offset+octet-stream"
_BYTES = {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}
_NUMBER = {"type": "string", "pattern": "^[0-9]{1,18}$"}


def _header(
    name: str, description: str, example: str, schema: dict[str, Any] | None = None, *, required: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": schema or {"type": "string"},
        "example": example,
    }


_VERSION = _header("Tus-Resumable", "The protocol's version.", VERSION, {"const": VERSION}, required=True)
_CHECKSUM = _header(
    "Upload-Checksum",
    "`sha256` or `sha1` of the bytes of this request, in Base64: then all of them count, or none.",
    "sha256 n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
)
_LENGTH = _header("Upload-Length", "Size of the whole file in bytes.", "38215680", _NUMBER, required=True)
_METADATA = _header(
    "Upload-Metadata",
    "Pairs of a key and a value in Base64, separated by commas. `filename` (or `name`) is the recording's name.",
    "filename MjAyNjA1MDNfMDQzMDAwLldBVg==",
)
_OFFSET = _header("Upload-Offset", "Where these bytes begin: how many are here.", "8388608", _NUMBER, required=True)

ONE: dict[str, Any] = {"parameters": [_VERSION]}
CREATION: dict[str, Any] = {
    "parameters": [_VERSION, _LENGTH, _METADATA, _CHECKSUM],
    "requestBody": {"content": _BYTES, "description": "The first bytes, if any."},
}
BYTES: dict[str, Any] = {
    "parameters": [_VERSION, _OFFSET, _CHECKSUM],
    "requestBody": {"content": _BYTES, "required": True, "description": "The next bytes."},
}


def _sent(**headers: tuple[str, str]) -> dict[str, Any]:
    return {
        name.replace("_", "-"): {"description": description, "schema": {"type": "string"}, "example": example}
        for name, (description, example) in headers.items()
    }


PROGRESS = _sent(
    Upload_Offset=("How many bytes are here.", "8388608"),
    Upload_Expires=("Until when the rest is waited for.", "Sun, 10 May 2026 05:40:02 GMT"),
)
BEGUN = PROGRESS | _sent(Location=("Where the bytes are sent to.", "/v1/uploads/5f0c9b1e-3b1a-4a53-9a55-0f6f2d1c7b88"))
LENGTH = PROGRESS | _sent(
    Upload_Length=("Size of the whole file in bytes.", "38215680"),
    Upload_Metadata=("As it was sent.", "filename MjAyNjA1MDNfMDQzMDAwLldBVg=="),
)
ABILITIES = _sent(
    Tus_Version=("What is spoken here.", VERSION),
    Tus_Extension=("What else.", "creation,creation-with-upload,checksum,expiration,termination"),
    Tus_Max_Size=("What a file may have, in bytes.", "10737418240"),
    Tus_Checksum_Algorithm=("Of `Upload-Checksum`.", "sha256,sha1"),
)
