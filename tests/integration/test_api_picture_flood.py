"""200 pictures and clips at once: two children, a short queue, and an API that answers everybody else."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx
import psutil
import pytest

from tests.integration.made_up import upload, wav_bytes
from tests.servers.api import StartApi, StartedApi

AT_ONCE = 200
LOOK_EVERY_S = 0.1
"""Looking without a pause would take the time of those who are looked at."""
SERVER = "dawn_chorus.inference.pictures"
Answers = list[httpx.Response]


def children_now() -> int:
    """Return how many children all servers of decoders of this process have."""
    found = 0
    for process in psutil.Process().children():
        if SERVER in process.cmdline():
            found += len(process.children())
    return found


async def flood(api: StartedApi, paths: list[str]) -> tuple[Answers, Answers, int]:
    """Ask for all paths at once; return the answers, those to others meanwhile, and the most children there were."""
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=api.url, timeout=120, limits=limits) as client:
        asking = asyncio.gather(*(client.get(path) for path in paths))
        others, most = [], 0
        async with httpx.AsyncClient(base_url=api.url, timeout=60) as other:
            while not asking.done():
                others += [await other.get("/health/live"), await other.get("/v1/recordings")]
                most = max(most, await asyncio.to_thread(children_now))
                await asyncio.sleep(LOOK_EVERY_S)
        return await asking, others, most


@pytest.mark.parametrize("waiting", [AT_ONCE, 20])
def test_200_at_once_are_served_two_by_two_or_told_to_come_again(
    start_api: StartApi, tmp_path: Path, waiting: int
) -> None:
    api = start_api(pictures_waiting=waiting, cache_dir=tmp_path)
    recording = upload(api.client, wav_bytes(900, seed=1))
    url = f"/v1/recordings/{recording['id']}"
    tiles = [f"{url}/spectrogram/4/{index}.webp?channel=mix" for index in range(AT_ONCE // 2)]
    clips = [f"{url}/clip?start_s={start}&end_s={start + 6}" for start in range(AT_ONCE // 2)]
    answers, others, most = asyncio.run(flood(api, [path for pair in zip(tiles, clips, strict=True) for path in pair]))
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {200, 503}
    assert statuses[200] == AT_ONCE if waiting == AT_ONCE else statuses[200] >= waiting and statuses[503] > 0
    for answer in answers:
        if answer.status_code == 503:
            assert answer.json()["type"] == "urn:dawn-chorus:problem:busy"
            assert int(answer.headers["retry-after"]) > 0
    assert most <= 2
    assert others
    assert {answer.status_code for answer in others} == {200}
    assert api.client.get(tiles[0]).status_code == 200
