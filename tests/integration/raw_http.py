"""HTTP as bytes on a socket: what no client library would send."""

import io
import json
import socket
from dataclasses import dataclass
from http.client import parse_headers
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """The name of the problem that the body describes, in full form."""
        assert self.headers["content-type"] == "application/problem+json", self
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status
        assert found["title"]
        assert found["detail"]
        return str(found["type"]).removeprefix("urn:dawn-chorus:problem:")


def exchange(port: int, sent: bytes) -> Answer:
    """Send the bytes, and read one response until the server closes or its declared length is there."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        return read_answer(connection.makefile("rb"))


def read_answer(stream: "io.BufferedReader") -> Answer:
    status = int(stream.readline().split()[1])
    headers = {name.lower(): value for name, value in parse_headers(stream).items()}
    body = stream.read(int(headers["content-length"])) if "content-length" in headers else stream.read()
    return Answer(status, headers, body)
