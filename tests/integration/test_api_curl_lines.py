"""The lines that /docs shows for each operation do what they say, with the real curl against a real service."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.curl_lines import CURL_LINES, HOST
from tests.integration.api_checks import wait_until
from tests.integration.made_up import MadeUpWorker, review, upload, wav_bytes
from tests.servers.api import StartedApi, run_api
from tests.servers.postgres import PostgresServer
from tests.servers.tus import begin

STREAMS = [("get", "/v1/analyses/{analysis_id}/events"), ("get", "/v1/events")]
SESSIONS = [(method, "/v1/session") for method in ("post", "get", "delete")]
KEYS = [("post", "/v1/keys"), ("get", "/v1/keys"), ("delete", "/v1/keys/{key_id}")]
CONTENT = wav_bytes(20)
CURL = shutil.which("curl") or "curl"


class Shell:
    """A folder with a recording in it, and a curl that fails where the service refuses."""

    def __init__(self, api: StartedApi, database: Database, folder: Path) -> None:
        self.api, self.database, self.folder = api, database, folder
        (folder / "dawn.flac").write_bytes(CONTENT)
        (folder / "curl").write_text(f'#!/bin/sh\nexec {CURL} --fail-with-body -sS --max-time 20 "$@"\n')
        (folder / "curl").chmod(0o755)
        self._number = 0

    def run(self, line: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", **variables}
        script = line.replace(HOST, self.api.url.rstrip("/"))
        return subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def variables(self, method: str, path: str) -> dict[str, str]:
        """Return the ids of things that are as the operation wants them, and that no other line has changed."""
        self._number += 1
        answer = upload(self.api.client, wav_bytes(20, seed=self._number), site=f"north-marsh {self._number}")
        worker, analysis = MadeUpWorker(self.database), answer["analyses"][0]["id"]
        if path.endswith("/retry"):
            worker.fail(analysis)
        elif not path.endswith("/cancel"):
            worker.save(analysis)
        found = begin(self.api.client, len(CONTENT), "dawn.flac")
        if path.endswith("/facts"):
            found.patch(0, CONTENT)
        if (method, path) == ("delete", "/v1/thresholds"):
            self.run(CURL_LINES["put", "/v1/thresholds"])
        ids = {"RECORDING": answer["id"], "ANALYSIS": analysis, "UPLOAD": found.id}
        ids |= {"EXPORT": self._export()} if "{export_id}" in path else {}
        return ids | ({"REVIEW": review(self.api.client, answer["id"])} if "/reviews" in path else {})

    def _export(self) -> str:
        """Return the id of one that is ready."""
        export = self.api.client.post("/v1/exports", json={"format": "csv"}).json()
        wait_until(lambda: self.api.client.get(export["links"]["self"]).json()["state"] == "ready")
        return str(export["id"])


@pytest.fixture(scope="module")
def shell(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    url = postgres_server.make_database()
    store = open_audio_store(tmp_path_factory.mktemp("store").as_uri())
    with Database(url) as database, run_api(database, store) as api:
        yield Shell(api, database, tmp_path_factory.mktemp("shell"))
    postgres_server.drop_database(url)


def test_every_operation_has_a_line(shell: Shell) -> None:
    paths = shell.api.client.get("/openapi.json").json()["paths"]
    operations = {(method, path): each for path, found in paths.items() for method, each in found.items()}
    assert set(CURL_LINES) == set(operations)
    for operation, line in CURL_LINES.items():
        assert f"```sh\n{line}\n```" in operations[operation]["description"]
        assert "\n" not in line


@pytest.mark.parametrize(("method", "path"), [each for each in CURL_LINES if each not in STREAMS + SESSIONS + KEYS])
def test_a_line_does_what_it_says(shell: Shell, method: str, path: str) -> None:
    done = shell.run(CURL_LINES[method, path], **shell.variables(method, path))
    assert done.returncode == 0, f"{done.stdout} {done.stderr}"


@pytest.mark.parametrize(("method", "path"), STREAMS)
def test_a_stream_begins(shell: Shell, method: str, path: str) -> None:
    line = CURL_LINES[method, path].replace("curl -N", "curl -N --max-time 3 -D headers")
    shell.run(line, **shell.variables(method, path))
    assert "text/event-stream" in (shell.folder / "headers").read_text()


def test_a_session_begins_and_ends(shell: Shell) -> None:
    record, key = create_key(shell.database, "laptop", ["read"])
    try:
        wait_until(lambda: shell.api.client.get("/v1/packs").status_code == 401)  # it asks every few seconds
        lines = [CURL_LINES[each] for each in SESSIONS]
        signed_in, seen, signed_out, after = (shell.run(line, KEY=key) for line in [*lines, lines[1]])
        assert (signed_in.returncode, signed_out.returncode) == (0, 0), signed_in.stderr + signed_out.stderr
        assert '"laptop"' in seen.stdout
        assert after.returncode != 0, "it ended"
    finally:
        with shell.database.transaction() as connection:
            connection.execute("DELETE FROM api_keys WHERE id = %s", [record.id])


def test_a_key_is_made_listed_and_revoked(shell: Shell) -> None:
    """They show requests without a key; where keys are asked for, one adds it."""
    _, key = create_key(shell.database, "boss", ["admin"])
    try:
        wait_until(lambda: shell.api.client.get("/v1/packs").status_code == 401)
        header = f'-H "Authorization: Bearer {key}" '
        made, listed, revoked = (CURL_LINES[each].replace("curl ", f"curl {header}", 1) for each in KEYS)
        new = json.loads(shell.run(made).stdout)
        assert new["key"].startswith("chorus_")
        assert [each["name"] for each in json.loads(shell.run(listed).stdout)["items"]] == ["boss", new["name"]]
        assert json.loads(shell.run(revoked, KEY_ID=new["id"]).stdout)["revoked_at"]
    finally:
        with shell.database.transaction() as connection:
            connection.execute("DELETE FROM api_keys")
