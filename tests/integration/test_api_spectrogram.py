"""Pictures of a recording's sound over HTTP, drawn by children in cages."""

import asyncio
import io
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import av
import httpx
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.decoders.server import Decoders
from dawn_chorus.api.spectrograms import overview
from dawn_chorus.domain.warnings import AnalysisWarning, WarningCode
from tests.integration.api_checks import problem_of, stored_files
from tests.integration.made_up import FACTS, MadeUpWorker, made_up_timeline, upload, wav_bytes
from tests.servers.api import StartApi

NOBODY = "0193d0c8-0000-7000-8000-000000000000"


@pytest.fixture
def client(start_api: StartApi, tmp_path: Path) -> httpx.Client:
    return start_api(cache_dir=tmp_path / "cache").client


def pixels(webp: bytes) -> NDArray[np.uint8]:
    """Return (n_rows, n_columns, 4): red, green, blue and alpha."""
    frame = next(av.open(io.BytesIO(webp), "r").decode(video=0))
    return frame.reformat(format="rgba").to_ndarray()  # type: ignore[return-value]


def tone(hz: float, duration_s: float, rate_hz: int = 8000) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * rate_hz)) / rate_hz)).astype(np.float32)


def wav(samples: NDArray[np.float32], rate_hz: int = 8000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format="WAV", subtype="PCM_16")
    return file.getvalue()


def spectrogram_of(recording: dict[str, Any]) -> str:
    return f"/v1/recordings/{recording['id']}/spectrogram"


def test_a_recording_lists_its_pictures_and_they_show_its_sound(client: httpx.Client) -> None:
    url = spectrogram_of(upload(client, wav(tone(1000, 5.0))))
    answer = client.get(url).json()
    assert (answer["width_px"], answer["height_px"], answer["min_hz"], answer["max_hz"]) == (512, 256, 0, 4000)
    assert [(level["span_s"], level["pictures"]) for level in answer["levels"]][:3] == [(2, 3), (4, 2), (8, 1)]
    assert answer["contrast"]["low_db"] < answer["contrast"]["high_db"] <= 0
    response = client.get(answer["links"]["tile"].replace("{span_s}", "4").replace("{index}", "1"))
    assert (response.status_code, response.headers["content-type"]) == (200, "image/webp")
    assert "immutable" in response.headers["cache-control"]
    picture = pixels(response.content)
    assert picture.shape == (256, 512, 4)
    row = 255 - 1000 * 256 // 4000
    assert abs(int(picture[:, 60, 0].argmax()) - row) <= 1
    assert np.array_equal(picture[0, :, 3] > 0, np.arange(512) < 128), "the sound ends after a second"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the children that are asked for, by their job."""
    counted, ask = Counter[str](), Decoders.ask

    async def count(self: Decoders, job: str, *rest: Any) -> Any:
        counted[job] += 1
        return await ask(self, job, *rest)

    monkeypatch.setattr(Decoders, "ask", count)
    return counted


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Let no child that draws begin before this is set."""
    release, ask = Event(), Decoders.ask

    async def wait(self: Decoders, job: str, *rest: Any) -> Any:
        if job.startswith("spectrogram"):
            await asyncio.to_thread(release.wait)
        return await ask(self, job, *rest)

    monkeypatch.setattr(Decoders, "ask", wait)
    yield release
    release.set()


def test_a_picture_is_drawn_once_for_all_who_ask(client: httpx.Client, asked: Counter[str], held: Event) -> None:
    url = spectrogram_of(upload(client, wav(tone(1000, 5.0))))
    with ThreadPoolExecutor(8) as clients:
        asking = [clients.submit(client.get, f"{url}/4/0.webp") for _ in range(8)]
        while not asked["spectrogram"]:
            assert not any(each.done() for each in asking)
            if held.wait(0.05):
                break
            held.set()
        answers = [each.result() for each in asking]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert client.get(f"{url}/4/0.webp").content == answers[0].content
    assert asked["spectrogram"] == 1


def test_pictures_outlive_the_process_that_drew_them(start_api: StartApi, tmp_path: Path, asked: Counter[str]) -> None:
    one, other = (start_api(cache_dir=tmp_path / "cache").client for _ in range(2))
    url = spectrogram_of(upload(one, wav(tone(1000, 5.0))))
    assert one.get(f"{url}/4/0.webp").content == other.get(f"{url}/4/0.webp").content
    assert asked["spectrogram"] == 1


def test_a_picture_is_drawn_though_it_cannot_be_kept(start_api: StartApi, tmp_path: Path, asked: Counter[str]) -> None:
    (tmp_path / "cache").write_text("a file stands in its place")
    client = start_api(cache_dir=tmp_path / "cache").client
    url = spectrogram_of(upload(client, wav(tone(1000, 5.0))))
    assert [client.get(f"{url}/4/0.webp").status_code for _ in range(2)] == [200, 200]
    assert asked["spectrogram"] == 2
    assert client.get(url).status_code == 200
    problem = problem_of(
        client.get(f"{spectrogram_of(upload(client, wav(tone(500, 520.0))))}/1024/0.webp"), 503, "unavailable"
    )
    assert "make room" in problem["detail"]


def test_neighbors_and_zooms_show_the_same_sound_and_heads_and_etags_hold(
    client: httpx.Client, asked: Counter[str]
) -> None:
    url = spectrogram_of(upload(client, wav(np.concatenate([tone(500, 4.0), tone(3000, 4.0)]))))
    rows = [255 - 500 * 256 // 4000, 255 - 3000 * 256 // 4000]
    for span_s, index, column, row in ((8, 0, 100, 0), (8, 0, 400, 1), (4, 0, 256, 0), (4, 1, 256, 1), (64, 0, 40, 1)):
        picture = pixels(client.get(f"{url}/{span_s}/{index}.webp").content)
        assert abs(int(picture[:, column, 0].argmax()) - rows[row]) <= 1, (span_s, index)
    first = client.get(f"{url}/4/0.webp")
    drawn = asked["spectrogram"]
    again = client.get(f"{url}/4/0.webp", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get(f"{url}/4/1.webp", headers={"If-None-Match": first.headers["etag"]}).status_code == 200
    for each in (url, f"{url}/4/0.webp", f"{url}/4/9.webp"):
        got, head = client.get(each), client.head(each)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers.get("etag") == got.headers.get("etag")
    assert asked["spectrogram"] == drawn


class TestRefused:
    def test_what_there_is_not(self, client: httpx.Client) -> None:
        for end in ("", "/4/0.webp"):
            problem_of(client.get(f"/v1/recordings/{NOBODY}/spectrogram{end}"), 404, "not-found")
        url = spectrogram_of(upload(client, wav_bytes(5.0, channels=2)))
        for span_s, index in ((2, 3), (4, 2), (256, 1), (4, 10**30)):
            problem = problem_of(client.get(f"{url}/{span_s}/{index}.webp"), 404, "not-found")
            assert "ends at 5.0 s" in problem["detail"]
        for span in ("0", "1", "3", "5", "-4", "512", "1048576", str(10**30), "four"):
            problem = problem_of(client.get(f"{url}/{span}/0.webp"), 422, "invalid-request")
            assert [error["field"] for error in problem["errors"]] == ["span_s"]
        for number in ("-1", "one", "0.5"):
            problem = problem_of(client.get(f"{url}/4/{number}.webp"), 422, "invalid-request")
            assert [error["field"] for error in problem["errors"]] == ["index"]
        for channel in ("0", "3", "-1", "each", "", "1.0", str(10**9)):
            for each in (url, f"{url}/4/0.webp"):
                problem = problem_of(client.get(each, params={"channel": channel}), 422, "invalid-request")
                assert [error["field"] for error in problem["errors"]] == ["channel"]

    def test_audio_that_was_removed_lost_or_spoiled(
        self, client: httpx.Client, database: Database, store_dir: Path
    ) -> None:
        recording = upload(client, wav(tone(1000, 5.0)))
        url = spectrogram_of(recording)
        (file,) = stored_files(store_dir)
        file.write_bytes(b"a field diary\n" * 9000)
        for end in ("", "/4/0.webp"):
            problem = problem_of(client.get(f"{url}{end}"), 422, "undecodable-audio")
            assert str(store_dir) not in problem["detail"]
        file.unlink()
        for end in ("", "/4/0.webp"):
            problem_of(client.get(f"{url}{end}"), 404, "not-found")
        file.write_bytes(wav(tone(1000, 5.0)))
        assert client.get(f"{url}/4/0.webp").status_code == 200
        with database.transaction() as connection:
            connection.execute("UPDATE recordings SET audio_removed_at = now() WHERE id = %s", (recording["id"],))
        for end in ("", "/4/0.webp"):
            problem_of(client.get(f"{url}{end}"), 410, "audio-removed")

    def test_more_than_may_wait(self, start_api: StartApi, tmp_path: Path, held: Event) -> None:
        client = start_api(cache_dir=tmp_path / "cache", pictures_at_once=1, pictures_waiting=1).client
        url = spectrogram_of(upload(client, wav(tone(1000, 20.0))))
        with ThreadPoolExecutor(6) as clients:
            asking = [clients.submit(client.get, f"{url}/2/{index}.webp") for index in range(6)]
            while sum(each.done() for each in asking) < 4:
                assert not held.wait(0.01)
            busy = [each.result() for each in asking if each.done()]
            held.set()
            answers = [each.result() for each in asking]
        for answer in busy:
            problem_of(answer, 503, "busy")
            assert int(answer.headers["retry-after"]) >= 1
        assert Counter(answer.status_code for answer in answers) == {200: 2, 503: 4}

    def test_whoever_has_no_key_for_it(self, start_api: StartApi, database: Database, tmp_path: Path) -> None:
        client = start_api(cache_dir=tmp_path / "cache").client
        keys = {
            scope: {"Authorization": f"Bearer {create_key(database, scope, [scope])[1]}"}
            for scope in ("read", "upload")
        }
        client.headers.update(keys["upload"])
        url = spectrogram_of(upload(client, wav(tone(1000, 5.0))))
        del client.headers["Authorization"]
        for each in (url, f"{url}/4/0.webp"):
            problem_of(client.get(each), 401, "unauthenticated")
            problem_of(client.get(each, headers=keys["upload"]), 403, "forbidden")
            assert client.get(each, headers=keys["read"]).status_code == 200


class TestChannels:
    """1 kHz in the first channel, 3 kHz in the second, which is louder."""

    ROWS = (255 - 1000 * 256 // 4000, 255 - 3000 * 256 // 4000)

    def stereo(self, client: httpx.Client, **fields: str) -> dict[str, Any]:
        samples = np.stack([0.5 * tone(1000, 5.0), tone(3000, 5.0)], axis=1)
        return upload(client, wav(samples), **fields)

    def levels(self, client: httpx.Client, url: str, **query: str) -> tuple[int, int]:
        picture = pixels(client.get(f"{url}/4/0.webp", params=query).content)
        one, other = (int(picture[row - 1 : row + 2, 256, 0].max()) for row in self.ROWS)
        return one, other

    def test_one_is_shown_alone_or_all_together(self, client: httpx.Client) -> None:
        url = spectrogram_of(self.stereo(client))
        one, other = self.levels(client, url, channel="1")
        assert one > 200 > other + 50
        one, other = self.levels(client, url, channel="2")
        assert other > 200 > one + 50
        assert self.levels(client, url, channel="mix") == self.levels(client, url)

    def test_without_a_choice_it_is_the_one_that_was_analyzed(self, client: httpx.Client) -> None:
        recording = self.stereo(client, channels="2")
        url = spectrogram_of(recording)
        assert client.get(url).json()["channel"] == 2
        assert self.levels(client, url) == self.levels(client, url, channel="2")
        analyses = f"/v1/recordings/{recording['id']}/analyses"
        assert client.post(analyses, json={"channels": 1}).status_code == 202
        assert client.get(url).json()["channel"] == 1, "the newest, while none has a result"

    def test_where_they_cancel_it_is_the_loudest(self, client: httpx.Client, database: Database) -> None:
        recording, worker = self.stereo(client), MadeUpWorker(database)
        url = spectrogram_of(recording)
        before = client.get(f"{url}/4/0.webp")
        assert "immutable" not in before.headers["cache-control"], "what it leads to may change"
        work = worker.start(recording["analyses"][0]["id"])
        warning = AnalysisWarning(WarningCode.CHANNELS_CANCEL, "channels cancel each other", 0.0, 5.0)
        worker.ledger.save_timeline(work, replace(made_up_timeline(work), warnings=(warning,)), FACTS)
        answer = client.get(url).json()
        assert answer["channel"] == 2
        assert "channel=2" in answer["links"]["tile"]
        after = client.get(f"{url}/4/0.webp")
        assert after.headers["etag"] != before.headers["etag"]
        assert after.content == client.get(f"{url}/4/0.webp?channel=2").content


class TestOverviews:
    """20 minutes: a second of sound in each minute."""

    @pytest.fixture
    def url(self, client: httpx.Client) -> str:
        minute = np.concatenate([tone(1000, 1.0), np.zeros(59 * 8000, np.float32)])
        return spectrogram_of(upload(client, wav(np.tile(minute, 20))))

    def test_they_are_put_together_of_strips_that_are_drawn_once(
        self, client: httpx.Client, url: str, asked: Counter[str]
    ) -> None:
        levels = client.get(url).json()["levels"]
        assert [(level["span_s"], level["pictures"]) for level in levels if level["overview"]] == [
            (512, 3), (1024, 2), (2048, 1),
        ]  # fmt: skip
        row = 255 - 1000 * 256 // 4000
        for span_s in (512, 1024, 2048):
            response = client.get(f"{url}/{span_s}/0.webp")
            assert response.status_code == 200
            assert "immutable" in response.headers["cache-control"]
            assert response.headers["chorus-drawn-share"] == "1.000"
            picture = pixels(response.content)
            loud = np.flatnonzero(picture[row - 1 : row + 2, :, 0].max(axis=0) > 200)
            beeps = {int(column * span_s / 512 / 60) for column in loud if column * span_s / 512 % 60 < span_s / 512}
            assert beeps == set(range(min(20, -(-span_s // 60)))), span_s
        assert np.array_equal(picture[0, :, 3] > 0, np.arange(512) < 300), "the sound ends after 20 minutes of 34"
        assert asked["spectrogram strip"] == 3

    def test_until_all_is_drawn_the_answer_says_how_much_is(
        self, client: httpx.Client, url: str, held: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(overview, "WAIT_S", 0.05)
        waiting = client.get(f"{url}/2048/0.webp")
        assert "0% of this overview" in problem_of(waiting, 503, "busy")["detail"]
        assert int(waiting.headers["retry-after"]) >= 1
        held.set()
        for _ in range(600):
            response = client.get(f"{url}/2048/0.webp", params={"partial": "true"})
            assert response.status_code == 200
            share = float(response.headers["chorus-drawn-share"])
            is_kept = "immutable" in response.headers["cache-control"]
            assert is_kept == (share == 1)
            if is_kept:
                break
        assert is_kept
        assert client.get(f"{url}/2048/0.webp").content == response.content

    def test_few_recordings_have_theirs_drawn_at_a_time(
        self, client: httpx.Client, held: Event, asked: Counter[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A further one waits for its turn, and is not refused for the others."""
        monkeypatch.setattr(overview, "WAIT_S", 0.05)
        urls = [spectrogram_of(upload(client, wav(tone(500 + hz, 600.0)))) for hz in range(3)]
        details = [problem_of(client.get(f"{url}/1024/0.webp"), 503, "busy")["detail"] for url in urls]
        assert all("0% of this overview" in detail for detail in details)
        assert asked["spectrogram strip"] == overview.RUNS
        held.set()
        monkeypatch.setattr(overview, "WAIT_S", 60.0)
        answer = client.get(f"{urls[2]}/1024/0.webp", params={"partial": "true"})
        assert answer.headers["chorus-drawn-share"] == "1.000"
