"""A child that is taken over by its file: the client gets a problem document, everybody else what they ask for."""

from collections.abc import Iterator
from functools import partial

import pytest

from dawn_chorus.adapters.audio_store import ObjectAudioStore
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api import app
from dawn_chorus.api.decoders.server import Decoders
from tests.integration.api_checks import problem_of
from tests.integration.made_up import upload
from tests.servers import caged_scripts
from tests.servers.api import StartedApi, run_api

SCRIPT = """
if request["job"] == "header":
    answer(format="flac/pcm_16", duration_s=60, sample_rate_hz=48000, channels=1)
else:
    {do}
"""
GOOD = 'part(0, b"fLaC"); part(4, b""); answer(content_type="audio/flac", lost=[])'
HOSTILE = {
    "segfault": "ctypes.string_at(0)",
    "exit": "os._exit(0)",
    "error": "raise ValueError",
    "memory": "held = [bytes(1 << 20) for _ in range(1 << 20)]",
    "garbage": "connection.sendall(bytes(range(256)) * 100)",
    "too large": "[part(n << 20, bytes(1 << 20)) for n in range(1 << 10)]",
    "a page": 'part(0, b"<html>"); part(6, b""); answer(content_type="text/html", lost=[])',
    "another format": 'part(0, b"RIFF"); part(4, b""); answer(content_type="audio/wav", lost=[])',
    "odd words": 'part(0, b"fLaC"); part(4, b""); answer(content_type="audio/flac", lost=[[1, "x\\r\\nB: c"]])',
    "no numbers": 'part(0, b"fLaC"); part(4, b""); answer(content_type="audio/flac", lost=[[float("nan"), 1]])',
    "many words": 'part(0, b"fLaC"); part(4, b""); answer(content_type="audio/flac", lost=[[1, 2]] * 1000)',
    "signals": "[os.kill(pid, 9) for pid in (os.getppid(), 1, -1)]",
}


@pytest.fixture
def taken_over(database: Database, store: ObjectAudioStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartedApi]:
    """An API whose children run what the file says."""
    monkeypatch.setattr(app, "Decoders", partial(Decoders, module=caged_scripts.MODULE))
    with caged_scripts.scripts_on_path(), run_api(database, store) as api:
        yield api


def test_whatever_a_child_does_the_next_clip_is_made(taken_over: StartedApi) -> None:
    client = taken_over.client
    good = upload(client, SCRIPT.format(do=GOOD).encode(), "good.flac")
    for name, do in HOSTILE.items():
        hostile = upload(client, SCRIPT.format(do=do).encode(), f"{name}.flac")
        problem_of(client.get(f"/v1/recordings/{hostile['id']}/clip?start_s=1&end_s=3"), 422, "undecodable-audio")
        answer = client.get(f"/v1/recordings/{good['id']}/clip?start_s=1&end_s=3&taxon={name}")
        assert (answer.status_code, answer.content) == (200, b"fLaC"), name


def test_a_child_that_loops_holds_one_place_until_its_client_goes_away(taken_over: StartedApi) -> None:
    client = taken_over.client
    looping = upload(client, SCRIPT.format(do="\n    while True: pass").encode(), "looping.flac")
    good = upload(client, SCRIPT.format(do=GOOD).encode(), "good.flac")
    for _ in range(4):  # twice as many as there are places
        with pytest.raises(Exception, match="timed out"):
            client.get(f"/v1/recordings/{looping['id']}/clip?start_s=1&end_s=3", timeout=0.5)
    assert client.get(f"/v1/recordings/{good['id']}/clip?start_s=1&end_s=3").status_code == 200
