"""Whatever a stored file holds: what is shown of it is a picture, a clip or a problem, and the API lives."""

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

import httpx
import pytest

from tests.end_to_end.ledger import query
from tests.end_to_end.mutations import mutate, write_originals
from tests.end_to_end.service import Service

FILES = int(os.environ.get("CHORUS_FUZZ_FILES", "40"))
SEED = int(os.environ.get("CHORUS_FUZZ_SEED", "1"))
STARTS = {
    "image/webp": b"RIFF",
    "audio/flac": b"fLaC",
    "audio/wav": b"RIFF",
    "audio/ogg": b"OggS",
    "audio/mpeg": b"ID3",
    "application/json": b"{",
}
PATHS = (
    "spectrogram",
    "spectrogram/4/0.webp?channel=mix",
    "spectrogram/8/0.webp",
    "clip?start_s=1&end_s=3",
    "clip?start_s=0&end_s=5.9&format=wav",
    "clip?start_s=4&end_s=300&format=opus",
    "clip?start_s=0.5&end_s=2&format=mp3&slow=10",
    "clip?start_s=2&end_s=4&channel=2&slow=10",
)


class Replaced:
    """Recordings whose stored files are replaced while requests run, one at a time each."""

    def __init__(self, service: Service, originals: dict[str, bytes]) -> None:
        self._service, self._locks = service, defaultdict[str, Lock](Lock)
        self._ids = {name: accepted(post(service, name, content)) for name, content in originals.items()}
        rows = query(service.database_url, "SELECT id, store_key FROM recordings")
        folder = Path(urlsplit(service.store_url).path)
        self._paths = {str(row["id"]): folder / row["store_key"] for row in rows}

    def ask(self, original: str, content: bytes, paths: Sequence[str]) -> list[httpx.Response]:
        """Put other bytes in the place of a recording's, and ask for what is shown of it."""
        recording_id = self._ids[original]
        assert recording_id
        with self._locks[original]:
            path = self._paths[recording_id]
            other = path.with_suffix(".other")
            other.write_bytes(content)
            other.rename(path)
            return ask(self._service, recording_id, paths)


def post(service: Service, name: str, content: bytes) -> httpx.Response:
    return httpx.post(f"{service.api.status_url}/v1/recordings", files={"file": (name, content)}, timeout=120)


def accepted(answer: httpx.Response) -> str | None:
    return str(answer.json()["id"]) if answer.status_code in (200, 202) else None


def ask(service: Service, recording_id: str, paths: Sequence[str]) -> list[httpx.Response]:
    url = f"{service.api.status_url}/v1/recordings/{recording_id}"
    return [httpx.get(f"{url}/{path}", timeout=120) for path in paths]


@pytest.mark.timeout(300 + 5 * FILES)
def test_hostile_files_end_their_children_only(service: Service, tmp_path: Path, audio_dir: Path) -> None:
    service.open("api", tile_cache_bytes="0", clip_cache_bytes="0", max_duration_s="600")
    pid = service.api.pid
    originals = write_originals(tmp_path, audio_dir)
    replaced = Replaced(service, originals)

    def try_file(number: int) -> list[tuple[str, httpx.Response]]:
        name, content = mutate(originals, number, SEED)
        paths = [PATHS[(number + step) % len(PATHS)] for step in (0, 3)]
        answers = replaced.ask(sorted(originals)[number % len(originals)], content, paths)
        own_id = accepted(post(service, name, content))
        return [(name, answer) for answer in [*answers, *(ask(service, own_id, paths) if own_id else [])]]

    with ThreadPoolExecutor(4) as pool:
        answers = [answer for each in pool.map(try_file, range(FILES)) for answer in each]
    for name, answer in answers:
        check(name, answer)
    statuses = Counter(answer.status_code for _, answer in answers)
    assert statuses[200] > len(answers) / 4, statuses
    assert statuses[422] > 0, statuses
    assert (service.api.is_running, service.api.pid) == (True, pid)
    for number, (name, content) in enumerate(originals.items()):
        (answer,) = replaced.ask(name, content, [PATHS[number % len(PATHS)]])
        assert answer.status_code == 200, (name, answer.url, answer.text[:500])
    for row in query(service.database_url, "SELECT id FROM recordings"):  # no worker is there to end what they began
        httpx.delete(f"{service.api.status_url}/v1/recordings/{row['id']}", timeout=60).raise_for_status()


def check(name: str, answer: httpx.Response) -> None:
    """A picture or clip begins as one; all else is a problem that is not the service's fault."""
    kind = answer.headers["content-type"]
    if answer.status_code == 200:
        assert answer.content.startswith(STARTS[kind]), (name, answer.url)
    else:
        assert answer.status_code in (404, 422), (name, answer.url, answer.status_code, answer.text[:500])
        assert kind == "application/problem+json", (name, answer.url)
