"""`chorus retention` as an operator runs it: on a real database and a real store, looked at through the API."""

import json
from pathlib import Path

import httpx
import pytest

from dawn_chorus.adapters.audio_store import CacheOptions, open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count, stored_files
from tests.integration.archive import Archive
from tests.servers.api import StartedApi, run_api
from tests.servers.postgres_fill import CRICKET, PACK, ROBIN, WREN
from tests.servers.seaweedfs import S3Server


@pytest.fixture
def archive(api: StartedApi, database: Database, store_dir: Path) -> Archive:
    return Archive(api.client, database, store_dir.as_uri())


def test_a_dry_run_says_what_would_go_and_changes_nothing(archive: Archive, store_dir: Path) -> None:
    old = [archive.record(100, site="marsh") for _ in range(3)]
    archive.record(10, site="marsh")
    done = archive.run("--audio-days", "90")
    assert done.returncode == 0
    heading, row = done.stdout.splitlines()
    assert heading.split() == ["site", "goes", "recordings", "hours", "size", "from", "to"]
    assert row.split()[:4] == ["marsh", "audio", "3", "0.0"]
    assert "nothing was removed; to remove it, run again with --apply" in done.stderr
    assert len(stored_files(store_dir)) == 4
    assert all(archive.has_audio(each) for each in old)


def test_old_audio_goes_and_what_was_heard_in_it_stays(archive: Archive, store_dir: Path) -> None:
    old, young = archive.record(100, [(ROBIN, 2, 8, 0.9)]), archive.record(10)
    before = archive.results(old)
    told = archive.retain(audio_days=90, keep_best=0, apply=True)
    assert told["removed"] == {
        "audio": 1,
        "with_results": 0,
        "reviews": 0,
        "freed_bytes": old["size_bytes"],
    }
    assert (archive.has_audio(old), archive.has_audio(young)) == (False, True)
    assert archive.results(old) == before
    assert before[1]["items"]
    assert len(stored_files(store_dir)) == 1
    after = archive.look(old)
    assert {name for name in old if old[name] != after[name]} == {"audio_removed_at"}


def test_a_second_run_finds_nothing_to_do(archive: Archive) -> None:
    archive.record(100)
    done = archive.run("--audio-days", "90", "--apply", "--json")
    assert json.loads(done.stdout)["removed"]["audio"] == 1
    done = archive.run("--audio-days", "90", "--apply", "--json")
    assert json.loads(done.stdout)["removed"] == {
        "audio": 0,
        "with_results": 0,
        "reviews": 0,
        "freed_bytes": 0,
    }
    assert "nothing is old enough to be removed" in archive.run("--audio-days", "90", "--apply").stderr


class TestWhatStays:
    def test_the_best_recordings_of_every_taxon(self, archive: Archive) -> None:
        faint = archive.record(400, [(ROBIN, 2, 8, 0.7), (WREN, 2, 8, 0.6)])
        best_robin = archive.record(500, [(ROBIN, 2, 8, 0.95)])
        best_wren = archive.record(300, [(WREN, 2, 8, 0.8), (ROBIN, 2, 8, 0.8)])
        only_cricket = archive.record(200, [(CRICKET, 2, 8, 0.92)])
        silent = archive.record(200)
        told = archive.retain(audio_days=90, keep_best=1, apply=True)
        stays = {each["id"] for each in (faint, best_robin, best_wren, only_cricket, silent) if archive.has_audio(each)}
        assert stays == {best_robin["id"], best_wren["id"], only_cricket["id"]}
        assert told["outlook"]["kept_as_best"]["recordings"] == 3
        assert archive.retain(audio_days=90, keep_best=1, apply=True)["removed"]["audio"] == 0

    def test_of_a_site_its_own_best(self, archive: Archive) -> None:
        elsewhere = archive.record(100, [(ROBIN, 2, 8, 0.95)], site="hill")
        best_here = archive.record(100, [(ROBIN, 2, 8, 0.7)], site="marsh")
        other = archive.record(100, [(ROBIN, 2, 8, 0.6)], site="marsh")
        archive.retain(audio_days=90, keep_best=1, site="marsh", apply=True)
        assert [archive.has_audio(each) for each in (elsewhere, best_here, other)] == [True, True, False]

    def test_the_best_of_those_that_still_have_audio(self, archive: Archive) -> None:
        """What was removed earlier, under another rule, is no better a clip for having been louder."""
        louder, best_left = archive.record(400, [(ROBIN, 2, 8, 0.95)]), archive.record(100, [(ROBIN, 2, 8, 0.7)])
        archive.retain(audio_days=365, keep_best=0, apply=True)
        assert not archive.has_audio(louder)
        archive.retain(audio_days=90, keep_best=1, apply=True)
        assert archive.has_audio(best_left)

    def test_what_is_still_being_analyzed(self, archive: Archive) -> None:
        waiting = archive.record(100, finished=False)
        told = archive.retain(audio_days=90, results_days=90, apply=True)
        assert archive.has_audio(waiting)
        assert told["outlook"]["kept_while_analyzed"]["recordings"] == 1

    def test_what_was_recorded_long_ago_and_has_only_just_come_in(self, archive: Archive) -> None:
        heirloom = archive.record(2000, uploaded_days=2)
        assert archive.retain(audio_days=90, apply=True)["removed"]["audio"] == 0
        assert archive.retain(audio_days=90, stored_days=1, apply=True)["removed"]["audio"] == 1
        assert not archive.has_audio(heirloom)

    def test_what_a_review_confirms(self, archive: Archive) -> None:
        confirmed, rejected, bare = (archive.record(400, [(ROBIN, 2, 8, 0.9)]) for _ in range(3))
        said = {"taxon": ROBIN.scientific_name, "onset_s": 2, "offset_s": 8, "reviewer": "Ada"}
        for recording, verdict in ((confirmed, "confirmed"), (rejected, "rejected"), (confirmed, "uncertain")):
            body = {**said, "recording_id": recording["id"], "verdict": verdict, "reviewer": verdict}
            assert archive.client.post("/v1/reviews", json=body).status_code == 201
        dry = archive.run("--audio-days", "90", "--keep-best", "0")
        assert "kept, confirmed or corrected in review (--reviewed-too removes them): 1 recording (" in dry.stderr
        assert "reviewed, and their audio goes: 1 recording (" in dry.stderr
        told = archive.retain(audio_days=90, keep_best=0, apply=True)
        assert told["outlook"]["kept_as_confirmed"]["recordings"] == 1
        assert [archive.has_audio(each) for each in (confirmed, rejected, bare)] == [True, False, False]
        assert (
            "reviews that go with the results of their recordings: 1"
            in archive.run("--audio-days", "90", "--results-days", "90", "--keep-best", "0").stderr
        )
        told = archive.retain(audio_days=90, results_days=90, keep_best=0, apply=True)
        assert (told["removed"]["with_results"], told["removed"]["reviews"]) == (2, 1)
        assert row_count(archive.database, "reviews") == 2
        done = archive.run(
            "--audio-days", "90", "--results-days", "90", "--keep-best", "0", "--reviewed-too", "--apply"
        )
        assert "1 recording with all results, 2 reviews among them" in done.stderr
        assert row_count(archive.database, "recordings") == row_count(archive.database, "reviews") == 0

    def test_what_a_review_corrects(self, archive: Archive) -> None:
        recording = archive.record(400, [(ROBIN, 2, 8, 0.9)])
        said = {"taxon": ROBIN.scientific_name, "onset_s": 2, "offset_s": 8, "reviewer": "Ada"}
        body = {**said, "recording_id": recording["id"], "verdict": "rejected", "corrected_taxon": WREN.scientific_name}
        assert archive.client.post("/v1/reviews", json=body).status_code == 201
        assert archive.retain(audio_days=90, keep_best=0, apply=True)["outlook"]["reviewed"]["recordings"] == 0
        assert archive.has_audio(recording)

    def test_other_sites(self, archive: Archive) -> None:
        here, there, nowhere = archive.record(100, site="marsh"), archive.record(100, site="hill"), archive.record(100)
        archive.retain(audio_days=90, site="marsh", apply=True)
        assert [archive.has_audio(each) for each in (here, there, nowhere)] == [False, True, True]


def test_a_recording_without_a_time_is_as_old_as_its_upload(archive: Archive) -> None:
    old, young = archive.record(100, dated=False), archive.record(80, dated=False)
    archive.retain(audio_days=90, apply=True)
    assert (archive.has_audio(old), archive.has_audio(young)) == (False, True)


def test_results_go_with_their_recordings_when_they_too_are_old(archive: Archive, store_dir: Path) -> None:
    ancient, old = archive.record(400, [(ROBIN, 2, 8, 0.9)]), archive.record(100)
    archive.retain(audio_days=300, keep_best=0, apply=True)
    archive.record(500)
    told = archive.retain(audio_days=90, results_days=365, keep_best=0, apply=True)
    assert (told["removed"]["audio"], told["removed"]["with_results"]) == (1, 2)
    assert told["removed"]["freed_bytes"] == 2 * old["size_bytes"]
    problem_of(archive.client.get(ancient["links"]["self"]), 404, "not-found")
    assert row_count(archive.database, "recordings") == row_count(archive.database, "analyses") == 1
    assert [row_count(archive.database, name) for name in ("timelines", "detections", "audio_to_delete")] == [0, 0, 0]
    assert stored_files(store_dir) == []


def test_recordings_that_nobody_heard_to_the_end_are_pointed_out(archive: Archive) -> None:
    failed = archive.record(100, finished=False)
    archive.client.post(failed["analyses"][0]["links"]["cancel"])
    archive.age(failed, 100)
    done = archive.run("--audio-days", "90")
    assert "never analyzed in full, and not possible without audio: 1 recording (" in done.stderr


def test_audio_in_a_bucket_goes_too(database: Database, s3_server: S3Server, tmp_path: Path) -> None:
    url = s3_server.make_store_url()
    store = open_audio_store(url, cache=CacheOptions(tmp_path))
    with run_api(database, store) as api:
        archive = Archive(api.client, database, url)
        old, young = archive.record(100), archive.record(1)
        assert archive.retain(audio_days=90, apply=True)["removed"]["audio"] == 1
        assert (archive.has_audio(old), archive.has_audio(young)) == (False, True)
    assert len(s3_server.list_everything(url)) == 1


class TestRemovedAudio:
    """How the API speaks of it."""

    @pytest.fixture
    def gone(self, archive: Archive) -> dict[str, str]:
        recording = archive.record(100, finished=False)
        archive.client.post(recording["analyses"][0]["links"]["cancel"])
        archive.age(recording, 100)
        archive.retain(audio_days=90, apply=True)
        analysis = archive.look(recording)["analyses"][0]
        assert analysis["retryable"] is False
        return {**recording["links"], "retry": analysis["links"]["retry"]}

    def test_it_is_gone_and_since_when(self, client: httpx.Client, gone: dict[str, str]) -> None:
        problem = problem_of(client.get(gone["audio"]), 410, "audio-removed")
        removed_at = client.get(gone["self"]).json()["audio_removed_at"]
        assert removed_at[:19] in problem["detail"]
        assert client.head(gone["audio"]).status_code == 410

    @pytest.mark.parametrize("room", ["analyses", "retry"])
    def test_it_cannot_be_analyzed(self, client: httpx.Client, gone: dict[str, str], room: str) -> None:
        problem = problem_of(client.post(gone[room]), 410, "audio-removed")
        assert "upload the same file again" in problem["detail"]
        assert client.get("/v1/recordings", params={"state": "queued"}).json()["items"] == []

    def test_it_comes_back_when_it_is_uploaded_again(
        self, archive: Archive, client: httpx.Client, store_dir: Path
    ) -> None:
        content = b"".join(client.get(archive.record(100, dated=False)["links"]["audio"]).iter_bytes())
        archive.retain(audio_days=90, apply=True)
        assert stored_files(store_dir) == []
        for _ in range(2):
            files = {"file": ("again.wav", content)}
            answer = client.post("/v1/recordings", files=files, data={"pack": PACK.name})
            assert (answer.status_code, answer.json()["duplicate"]) == (200, True)
            assert answer.json()["audio_removed_at"] is None
            assert client.get(answer.json()["links"]["audio"]).content == content
            assert len(stored_files(store_dir)) == 1
        assert client.post(answer.json()["links"]["analyses"]).status_code == 202

    def test_what_came_back_is_new_in_the_store(self, archive: Archive, client: httpx.Client) -> None:
        old = archive.record(100, dated=False)
        content = client.get(old["links"]["audio"]).content
        archive.retain(audio_days=90, apply=True)
        client.post("/v1/recordings", files={"file": ("again.wav", content)})
        assert archive.retain(audio_days=90, apply=True)["removed"]["audio"] == 0
        assert archive.has_audio(old)


class TestRefusal:
    @pytest.mark.parametrize(
        ("words", "says"),
        [
            ((), "give --audio-days N"),
            (("--audio-days", "365", "--results-days", "30"), "--results-days 30 removes recordings with their audio"),
        ],
    )
    def test_of_a_rule_that_cannot_be_meant(self, archive: Archive, words: tuple[str, ...], says: str) -> None:
        done = archive.run(*words, "--apply")
        assert done.returncode == 1
        assert says in done.stderr

    def test_of_a_store_that_is_another_services(self, archive: Archive, tmp_path: Path) -> None:
        old = archive.record(100)
        done = archive.run("--audio-days", "90", "--apply", CHORUS_STORE_URL=(tmp_path / "other").as_uri())
        assert done.returncode == 1
        assert "is CHORUS_STORE_URL that of the API?" in done.stderr
        assert archive.has_audio(old)
