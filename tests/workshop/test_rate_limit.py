"""Requests to Xeno-canto: their rate, retries, and the key that is sent to the API only."""

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from dawn_chorus.domain.errors import PermanentError, TransientError
from models.workshop.__main__ import main
from models.workshop.commands.archive import fetch_xeno_canto
from models.workshop.data.xeno_canto.rate_limit import retry_after_s
from tests.workshop.archive_server import API, KEY, Archive
from tests.workshop.fetching import Clock, fetch, serve_sample


@pytest.fixture
def archive() -> Iterator[Archive]:
    with serve_sample() as running:
        yield running


def fetch_alone() -> typer.Typer:
    app = typer.Typer()
    app.command()(fetch_xeno_canto)
    return app


def test_a_refused_key_is_reported_without_the_key(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"refuses the key.*401.*XENO_CANTO_KEY") as refusal:
        fetch(archive, tmp_path, key="wr0ng-key")
    assert "wr0ng-key" not in str(refusal.value)
    assert len(archive.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_retried_after_the_requested_wait(archive: Archive, tmp_path: Path, status: int) -> None:
    archive.trouble.append((API, status, {"Retry-After": "17"}))
    clock = Clock()
    assert fetch(archive, tmp_path, clock=clock).n_clips == 4
    assert 17.0 in clock.slept


def test_without_retry_after_the_wait_doubles(archive: Archive, tmp_path: Path) -> None:
    archive.trouble += [("/1/download", 503, {})] * 3
    clock = Clock()
    fetch(archive, tmp_path, clock=clock)
    assert [seconds for seconds in clock.slept if seconds > 1] == [2.0, 4.0, 8.0]


def test_retries_of_a_busy_server_are_limited(archive: Archive, tmp_path: Path) -> None:
    archive.trouble += [(API, 429, {"Retry-After": "1"})] * 9
    with pytest.raises(TransientError, match=r"busy.*run again later"):
        fetch(archive, tmp_path, attempts=4)
    assert len(archive.requests) == 4


def test_a_server_that_requests_an_hour_is_not_retried(archive: Archive, tmp_path: Path) -> None:
    archive.trouble.append((API, 429, {"Retry-After": "3600"}))
    with pytest.raises(TransientError, match="wait: 3600"):
        fetch(archive, tmp_path)
    assert len(archive.requests) == 1


def test_retry_after_may_be_a_date() -> None:
    response = httpx.Response(503, headers={"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"})
    assert retry_after_s(response, 5.0) < 0
    assert retry_after_s(httpx.Response(503, headers={"Retry-After": "soon"}), 5.0) == 5.0


def test_there_is_at_most_one_request_a_second(archive: Archive, tmp_path: Path) -> None:
    clock = Clock()
    fetch(archive, tmp_path, clock=clock)
    assert clock.now_s >= len(archive.requests) - 1


def test_the_key_is_in_no_log_no_file_and_no_download(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = fetch_alone()
    del archive.recordings[1:]
    monkeypatch.setenv("XENO_CANTO_KEY", KEY)
    monkeypatch.setenv("XENO_CANTO_URL", archive.url)
    with caplog.at_level(logging.DEBUG):
        result = CliRunner().invoke(app, ["grp:birds", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "1 recordings, 1 of them new" in result.output
    assert "GET" in caplog.text
    assert KEY not in caplog.text + result.output
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert all(KEY not in path for path in archive.downloads())


def test_without_a_key_the_message_names_the_page_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("XENO_CANTO_KEY", raising=False)
    with pytest.raises(SystemExit) as left:
        main(["fetch-xeno-canto", "grp:birds", "--out", str(tmp_path)])
    assert left.value.code == 1
    assert capsys.readouterr().err == (
        "error: XENO_CANTO_KEY is not set: every account has a key, see https://xeno-canto.org/account\n"
    )
