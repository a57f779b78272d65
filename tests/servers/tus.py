"""A client of the tus protocol that does as it is told, wrong things too."""

import base64
import hashlib
import socket
from dataclasses import dataclass
from typing import Any

import httpx

VERSION = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}


def metadata(**pairs: str) -> dict[str, str]:
    encoded = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in pairs.items())
    return {"Upload-Metadata": encoded}


def checksum(content: bytes, algorithm: str = "sha256") -> dict[str, str]:
    digest = hashlib.new(algorithm, content).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}


@dataclass
class TusUpload:
    """An upload that was begun; `path` is its address."""

    client: httpx.Client
    path: str

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]

    def head(self) -> httpx.Response:
        return self.client.head(self.path, headers=VERSION)

    @property
    def offset(self) -> int:
        response = self.head()
        assert response.status_code == 200, response.status_code
        return int(response.headers["upload-offset"])

    def patch(self, offset: int, content: Any, **headers: str) -> httpx.Response:
        given = {
            **VERSION,
            **BYTES,
            "Upload-Offset": str(offset),
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        return self.client.patch(self.path, content=content, headers=given)

    def delete(self) -> httpx.Response:
        return self.client.delete(self.path, headers=VERSION)

    def become(self, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Make a recording of it."""
        return self.client.post("/v1/recordings", data={"upload": self.id, **fields}, headers=headers)


def open_patch(port: int, path: str, offset: int, size_bytes: int, **headers: str) -> socket.socket:
    """Begin to send bytes, and leave it to the caller to send them, some of them, or none."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    lines = {**VERSION, **BYTES, "Host": "localhost", "Upload-Offset": offset, "Content-Length": size_bytes, **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    connection.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode())
    return connection


def begin(client: httpx.Client, size_bytes: int, filename: str = "dawn.wav", **headers: str) -> TusUpload:
    given = {**VERSION, **metadata(filename=filename), "Upload-Length": str(size_bytes), **headers}
    response = client.post("/v1/uploads", headers=given)
    assert response.status_code == 201, response.text
    return TusUpload(client, response.headers["location"])


def send(client: httpx.Client, content: bytes, filename: str = "dawn.wav", piece_bytes: int = 2**30) -> TusUpload:
    """Upload a whole file."""
    upload = begin(client, len(content), filename)
    for start in range(0, len(content), piece_bytes):
        response = upload.patch(start, content[start : start + piece_bytes])
        assert response.status_code == 204, response.text
    return upload
