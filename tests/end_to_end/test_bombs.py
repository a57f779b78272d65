"""A file that is made to take long costs its sender's place only: a short recording behind it is analyzed meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.end_to_end import recordings
from tests.end_to_end.bombs import bombs
from tests.end_to_end.service import Service

SHORT_S = 8.0


def post(service: Service, name: str, content: bytes) -> httpx.Response:
    return httpx.post(f"{service.api.status_url}/v1/recordings", files={"file": (name, content)}, timeout=200)


@pytest.mark.timeout(900)
def test_a_short_recording_behind_a_bomb_of_each_kind_is_analyzed(service: Service, tmp_path: Path) -> None:
    service.open("api", "relay", "worker")
    with ThreadPoolExecutor() as pool:
        taken = []
        for number, (name, content) in enumerate(bombs()):
            bomb = pool.submit(post, service, name, content)
            short = recordings.write_tone(tmp_path / f"{number}.wav", SHORT_S + number / 1000)
            answer = post(service, short.name, short.read_bytes())
            assert answer.status_code == 202, name
            result = service.wait_finished(UUID(answer.json()["analyses"][0]["id"]))
            assert result["result"] == "succeeded", name
            taken.append((name, bomb))
        for name, bomb in taken:
            answer = bomb.result()
            assert answer.status_code in {202, 422, 415}, f"{name}: {answer.text}"
            if answer.status_code == 202:
                service.wait_finished(UUID(answer.json()["analyses"][0]["id"]))
