"""`chorus export` against the real API: a file is there whole, or not at all."""

import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.cli.__main__ import main
from tests.integration.api_checks import wait_until
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartedApi
from tests.servers.gate import Gate, Passed, open_gate

PLACE = {"site": "marsh", "recorded_at": "2026-05-03T04:30:00+02:00"}

HEADLESS = ("ndjson", "audacity")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The API runs in this process and would log to the stdout of the command."""
    with capture_logs():
        yield


@pytest.fixture
def gate(api: StartedApi, database: Database) -> Iterator[Gate]:
    """A service with two recordings, behind something that may cut the line."""
    worker = MadeUpWorker(database)
    worker.finish(upload(api.client, **PLACE))
    worker.finish(upload(api.client, wav_bytes(seed=1), "other.wav", **PLACE))
    with open_gate(api.port) as gate:
        yield gate


@pytest.fixture
def run(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("CHORUS_URL", gate.url)
    monkeypatch.delenv("CHORUS_KEY", raising=False)
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["chorus", "export", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run_command


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_table_is_what_the_service_says_under_its_name(run: Any, gate: Gate, tmp_path: Path) -> None:
    code, out, err = run("--taxon", "Erithacus rubecula", "--site", "marsh", "--min-confidence", 0.5)
    assert (code, out.strip()) == (0, "marsh_erithacus-rubecula.csv"), err
    assert files(tmp_path) == ["marsh_erithacus-rubecula.csv"]
    query = {"format": "csv", "taxon": "Erithacus rubecula"}
    assert (tmp_path / out.strip()).read_text() == httpx.get(f"{gate.url}/v1/detections", params=query).text


@pytest.mark.parametrize("form", ["ndjson", "raven", "audacity", "birdnet", "json", "reviews"])
def test_each_format_has_all_rows(run: Any, tmp_path: Path, form: str) -> None:
    code, out, err = run("--format", form, "--out", tmp_path / "rows", "--json")
    assert code == 0, err
    content = (tmp_path / "rows").read_bytes()
    assert json.loads(out)["size_bytes"] == len(content)
    rows = len(json.loads(content)) if form == "json" else len(content.splitlines()) - (form not in HEADLESS)
    assert rows == (0 if form == "reviews" else 2), content


@pytest.mark.parametrize("form", ["csv", "json"])
def test_the_license_of_the_pack_is_told_beside_the_file(run: Any, form: str) -> None:
    code, _, err = run("--format", form)
    assert code == 0, err
    assert "CC-BY-NC-SA-4.0. Cornell and Chemnitz" in err
    code, out, err = run("--format", form, "--out", "again", "--json")
    assert [each.rpartition(": ")[2] for each in json.loads(out)["licenses"]] == [
        "CC-BY-NC-SA-4.0. Cornell and Chemnitz"
    ]


def test_reviews_have_a_name_that_tells(run: Any) -> None:
    code, out, err = run("--format", "reviews", "--site", "marsh", "--from", "2026-05-01T00:00:00Z")
    assert (code, out.strip()) == (0, "marsh_from-20260501.reviews.csv"), err


def test_clips_come_in_the_background(run: Any, tmp_path: Path) -> None:
    code, out, err = run("--format", "clips", "--most", 1, "--before-s", 0, "--after-s", 0, "--clip-format", "wav")
    assert code == 0, err
    assert files(tmp_path) == [out.strip()] == ["all-sites.clips.zip"]
    with zipfile.ZipFile(tmp_path / out.strip()) as archive:
        assert sorted(archive.namelist())[:2] == ["README.txt", "clips.csv"]
        assert len(archive.namelist()) == 3


def test_two_clips_of_one_name_are_two_files(run: Any, tmp_path: Path) -> None:
    code, out, err = run("--format", "clips")
    assert code == 0, err
    with zipfile.ZipFile(tmp_path / out.strip()) as archive:
        clips = sorted(name for name in archive.namelist() if name.endswith(".flac"))
        first = "marsh_20260503T043001+0200_erithacus-rubecula_0.90"
        assert clips == [f"{first}.flac", f"{first}_2.flac"]
        assert archive.read(clips[0]) != archive.read(clips[1])


def test_a_table_that_is_cut_is_an_error_and_no_file(run: Any, gate: Gate, tmp_path: Path) -> None:
    gate.cuts_answer_after = lambda request: 1000 if request.path == "/v1/detections" else None
    code, out, err = run("--out", "rows.csv")
    assert (code, out) == (1, "")
    assert len(err.strip().splitlines()) == 1, err
    assert files(tmp_path) == []


def test_a_file_that_is_there_is_not_written_over(run: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("annotated by hand")
    code, _, err = run("--out", "mine.csv")
    assert (code, (tmp_path / "mine.csv").read_text()) == (1, "annotated by hand")
    assert "remove it, or name another file with --out" in err


def test_what_the_service_refuses_is_said_in_one_line(run: Any, tmp_path: Path) -> None:
    for form in ("csv", "clips"):
        code, out, err = run("--format", form, "--taxon", "Nessie")
        assert (code, out, len(err.strip().splitlines())) == (1, "", 1)
        assert "GET /v1/taxa?q=" in err
    assert files(tmp_path) == []


def test_a_download_goes_on_after_a_cut(run: Any, gate: Gate, tmp_path: Path) -> None:
    cuts = iter([1200, 5000])
    gate.cuts_answer_after = lambda request: next(cuts, None) if request.path.endswith("/file") else None
    code, out, err = run("--format", "clips")
    assert code == 0, err
    assert len([each for each in gate.passed if each.path.endswith("/file")]) == 3
    assert [each.status for each in gate.passed if each.path.endswith("/file")] == [200, 206, 206]
    with zipfile.ZipFile(tmp_path / out.strip()) as archive:
        assert archive.testzip() is None
    assert files(tmp_path) == [out.strip()]


def test_an_export_is_gone_on_with_by_its_id(run: Any, gate: Gate, tmp_path: Path) -> None:
    asked = httpx.post(f"{gate.url}/v1/exports", json={"format": "csv"}).json()
    code, out, err = run("--id", asked["id"], "--out", "rows.csv", "--json")
    assert code == 0, err
    assert json.loads(out)["id"] == asked["id"]
    content = (tmp_path / "rows.csv").read_bytes()
    # What an earlier run has is not fetched again.
    (tmp_path / f".again.csv.{asked['id']}.part").write_bytes(content[:50])
    assert run("--id", asked["id"], "--out", "again.csv")[0] == 0
    assert (tmp_path / "again.csv").read_bytes() == content
    assert files(tmp_path) == ["again.csv", "rows.csv"]


def test_what_an_export_is_of_is_not_asked_again(run: Any) -> None:
    code, _, err = run("--id", uuid4(), "--site", "marsh")
    assert code == 1
    assert "--id goes on with" in err


def test_options_of_clips_are_for_clips(run: Any) -> None:
    code, _, err = run("--most", 3)
    assert code == 1
    assert "for --format clips" in err


def test_rows_go_to_stdout(gate: Gate) -> None:
    command = [sys.executable, "-P", "-m", "dawn_chorus.cli", "export", "--url", gate.url, "--out", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout == httpx.get(f"{gate.url}/v1/detections?format=csv").content


def test_ctrl_c_says_how_to_go_on(gate: Gate, database: Database, tmp_path: Path, run: Any) -> None:
    command = [sys.executable, "-P", "-m", "dawn_chorus.cli", "export", "--url", gate.url, "--format", "clips"]
    with database.transaction() as connection:
        connection.execute("LOCK TABLE detections IN ACCESS EXCLUSIVE MODE")
        running = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: Passed("GET", f"/v1/exports/{newest(gate)}", 0, 200) in gate.passed)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert f"chorus export --id {newest(gate)} --out ." in err
    assert files(tmp_path) == []
    code, out, err = run("--id", newest(gate))
    assert (code, files(tmp_path)) == (0, [out.strip()]), err


def newest(gate: Gate) -> str:
    exports = httpx.get(f"http://127.0.0.1:{gate.target_port}/v1/exports").json()["items"]
    return str(exports[0]["id"]) if exports else ""
