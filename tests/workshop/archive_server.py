"""A local server that behaves like Xeno-canto's API."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

API = "/api/3/recordings"
KEY = "k3y-that-nobody-may-see"


@dataclass
class Archive:
    """The server's recordings, its simulated failures, and the requests it received."""

    recordings: list[dict[str, object]]
    sound: bytes
    page_size: int = 2
    """The real API has 500."""
    trouble: list[tuple[str, int, dict[str, str]]] = field(default_factory=list)
    """Path, status and headers of error responses, each sent once before the real response."""
    broken: dict[str, int] = field(default_factory=dict)
    """By path: how many times a download is interrupted in the middle."""
    requests: list[str] = field(default_factory=list)
    """Paths with queries, in the order of arrival."""
    url: str = ""

    def downloads(self) -> list[str]:
        return [path for path in self.requests if path.endswith("/download")]


class _Server(ThreadingHTTPServer):
    def __init__(self, archive: Archive) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.archive = archive


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        archive = self.server.archive
        archive.requests.append(self.path)
        parts = urlsplit(self.path)
        for number, (path, status, headers) in enumerate(archive.trouble):
            if path == parts.path:
                del archive.trouble[number]
                self._send_json(status, {"error": "server_error", "message": "busy"}, headers)
                return
        if parts.path == API:
            self._search({name: values[0] for name, values in parse_qs(parts.query).items()})
        else:
            self._send_sound(parts.path)

    def _search(self, query: dict[str, str]) -> None:
        if query.get("key") != KEY:
            message = f"Missing or invalid key {query.get('key')}"
            self._send_json(401, {"error": "client_error", "message": message}, {})
            return
        found, size, page = self.server.archive.recordings, self.server.archive.page_size, int(query["page"])
        answer = {
            "numRecordings": str(len(found)),
            "numSpecies": "2",
            "page": page,
            "numPages": -(-len(found) // size),
            "recordings": found[(page - 1) * size : page * size],
        }
        self._send_json(200, answer, {})

    def _send_sound(self, path: str) -> None:
        archive = self.server.archive
        self.send_response(200)
        self.send_header("Content-Type", "audio/mpeg")
        self.send_header("Content-Length", str(len(archive.sound)))
        self.end_headers()
        if archive.broken.get(path, 0) > 0:
            archive.broken[path] -= 1
            self.wfile.write(archive.sound[:1000])
            self.close_connection = True
        else:
            self.wfile.write(archive.sound)

    def _send_json(self, status: int, answer: dict[str, object], headers: dict[str, str]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Write no log."""


@contextmanager
def serve(archive: Archive) -> Iterator[Archive]:
    """Run the server; the URLs of its audio files lack the protocol, as the real ones do."""
    server = _Server(archive)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    archive.url = f"http://127.0.0.1:{server.server_port}{API}"
    for recording in archive.recordings:
        recording["file"] = f"//127.0.0.1:{server.server_port}/{recording['id']}/download"
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def describe(number: int, species: str, license_code: str = "by-nc-sa", **more: object) -> dict[str, object]:
    """Return a recording as the API describes it."""
    genus, epithet = species.split()
    return {
        "id": str(number), "gen": genus, "sp": epithet, "ssp": "", "grp": "birds", "en": f"the {epithet}",
        "rec": "A. Recordist", "cnt": "Austria", "loc": f"Place {number}", "lat": "47.1", "lon": "13.2",
        "type": "song", "url": f"//xeno-canto.org/{number}", "file-name": f"XC{number}-song.wav",
        "lic": f"//creativecommons.org/licenses/{license_code}/4.0/", "q": "A", "length": "0:01", "date": "2024-05-01",
        "also": ["Turdus merula", ""],
    } | more  # fmt: skip
