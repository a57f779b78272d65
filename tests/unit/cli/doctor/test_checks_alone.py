"""What needs no server: packs, disks, ports and the clock of a machine on which nothing runs."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread
from typing import Any

import pytest

from dawn_chorus.cli.doctor.checks.clock import look_at_clock
from dawn_chorus.cli.doctor.checks.disk import look_at_disk
from dawn_chorus.cli.doctor.checks.packs import look_at_packs
from dawn_chorus.cli.doctor.checks.ports import look_at_ports
from dawn_chorus.cli.doctor.checks.sizes import format_age, format_bytes
from dawn_chorus.cli.doctor.findings import Finding, Level
from dawn_chorus.cli.doctor.installation import Form, Installation, Machine, Space, find_installation
from dawn_chorus.cli.settings import CliSettings
from tests.packs import write_tone_pack

SYNTHETIC = Path(__file__).parents[4] / "models" / "packs" / "synthetic"
NOBODY = "http://127.0.0.1:1"


def alone(folder: Path, **settings: Any) -> Installation:
    return Installation(Form.ALONE, CliSettings(data_dir=folder, **{"url": NOBODY, **settings}))


def levels(found: Sequence[Finding]) -> list[Level]:
    return [finding.level for finding in found]


def test_the_form_is_that_of_the_variables_unless_a_folder_is_meant(tmp_path: Path) -> None:
    named = CliSettings(data_dir=tmp_path, database_url="postgresql://db/chorus")
    assert find_installation(named, of_folder=False).form is Form.SERVERS
    assert find_installation(named, of_folder=True).form is Form.ALONE
    (tmp_path / "postgres").mkdir()
    assert find_installation(named, of_folder=True).form is Form.EMBEDDED
    assert find_installation(CliSettings(data_dir=tmp_path), of_folder=False).form is Form.EMBEDDED


def test_no_pack_yet_is_a_warning_that_can_be_pasted(tmp_path: Path) -> None:
    (found,) = look_at_packs(alone(tmp_path))
    assert found.level is Level.WARNING
    assert "`chorus models install birdnet --accept-license CC-BY-NC-SA-4.0`" in found.text


def test_packs_are_named_with_their_versions_and_what_they_lack(tmp_path: Path) -> None:
    shutil.copytree(SYNTHETIC, tmp_path / "packs" / "synthetic")
    write_tone_pack(tmp_path / "packs" / "tones")
    listed, self_test = look_at_packs(alone(tmp_path, default_pack="tones"))
    assert listed.level is Level.OK
    assert "synthetic " in listed.text
    assert "tones 1.0.0 (default)" in listed.text
    assert (self_test.level, self_test.text[:22]) == (Level.WARNING, "tones has no self-test")


def test_a_volume_of_packs_that_is_empty_is_a_warning_and_a_folder_that_nobody_mounted_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "packs").mkdir()
    pod = replace(alone(tmp_path, default_pack="synthetic"), form=Form.SERVERS)
    assert levels(look_at_packs(pod)) == [Level.SKIPPED]
    monkeypatch.setattr(Path, "is_mount", lambda _: True)
    assert levels(look_at_packs(pod)) == [Level.WARNING]


@pytest.mark.parametrize("broken", ["pack.toml", "taxa.csv", "network"])
def test_a_pack_that_was_changed_or_cut_short_is_wrong_and_names_the_file(tmp_path: Path, broken: str) -> None:
    folder = shutil.copytree(SYNTHETIC, tmp_path / "packs" / "synthetic")
    file = next(folder.glob("*.onnx")) if broken == "network" else folder / broken
    file.write_bytes(file.read_bytes()[:-10])
    found = [each for each in look_at_packs(alone(tmp_path, default_pack="synthetic")) if each.level is Level.WRONG]
    assert len(found) == 1
    assert f"synthetic/{file.name}" in found[0].text


def with_space(installation: Installation, free_bytes: int, *, free_files: float = 0.5) -> Installation:
    return replace(installation, machine=Machine(measure_space=lambda _: Space(free_bytes, 100 * 10**9, free_files)))


@pytest.mark.parametrize(
    ("free_gb", "level"), [(80, Level.OK), (14, Level.WARNING), (4, Level.WRONG), (0.4, Level.WRONG)]
)
def test_a_disk_is_watched_at_the_shares_of_the_alerts(tmp_path: Path, free_gb: float, level: Level) -> None:
    (found,) = look_at_disk(with_space(alone(tmp_path), round(free_gb * 10**9)))
    assert found.level is level
    assert f"{format_bytes(free_gb * 10**9)} of 100 GB left" in found.text


def test_a_disk_without_files_left_is_wrong(tmp_path: Path) -> None:
    (found,) = look_at_disk(with_space(alone(tmp_path), 80 * 10**9, free_files=0.01))
    assert found.level is Level.WRONG


def test_the_disk_is_really_measured(tmp_path: Path) -> None:
    space = Machine().measure_space(tmp_path)
    usage = shutil.disk_usage(tmp_path)
    assert space.total_bytes == usage.total
    assert abs(space.free_bytes - usage.free) < 0.05 * usage.total


def test_a_full_store_says_that_room_must_be_made(tmp_path: Path) -> None:
    script = 'mount -t tmpfs -o size=8k,nr_inodes=4k none "$0" && head -c 8192 /dev/zero > "$0/filler"; shift 0; "$@"'
    code = (
        "import sys; from pathlib import Path; from dawn_chorus.cli.settings import CliSettings\n"
        "from dawn_chorus.cli.doctor.installation import *\n"
        "from dawn_chorus.cli.doctor.checks.store import look_at_store\n"
        "url = Path(sys.argv[1]).as_uri()\n"
        "print(look_at_store(Installation(Form.SERVERS, CliSettings(store_url=url)))[0])"
    )
    folder = tmp_path / "store"
    folder.mkdir()
    inside = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, str(folder)]
    if subprocess.run(["unshare", "--mount", "--map-root-user", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here")
    said = subprocess.run(
        [*inside, sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
    )
    assert "No space left on device" in said.stdout, said.stderr
    assert "make room: `chorus retention --audio-days 90`" in said.stdout


class _Foreign(BaseHTTPRequestHandler):
    answer: tuple[int, str, bytes] = (200, "text/html", b"<h1>It works!</h1>")
    date: str | None = None

    def do_GET(self) -> None:
        status, content_type, body = self.answer
        self.send_response_only(status)
        self.send_header("Server", "nginx/1.27")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.date:
            self.send_header("Date", self.date)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(status: int, content_type: str, body: bytes, date: str | None = None) -> Iterator[str]:
    handler = type("Answering", (_Foreign,), {"answer": (status, content_type, body), "date": date})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_free_port_is_well(tmp_path: Path) -> None:
    assert levels(look_at_ports(alone(tmp_path))) == [Level.OK]


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_port_on_which_another_program_serves_is_wrong_and_says_what_it_is(tmp_path: Path, status: int) -> None:
    with served(status, "text/html", b"<h1>It works!</h1>") as url:
        (found,) = look_at_ports(alone(tmp_path, url=url))
    assert found.level is Level.WRONG
    assert f"something else than Dawn Chorus answers ({status}, nginx/1.27, text/html)" in found.text
    assert "CHORUS_PORT" in found.text


def test_a_port_that_does_not_speak_http_is_wrong(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH_10.0\r\n")
                connection.recv(1000)

        Thread(target=greet, daemon=True).start()
        (found,) = look_at_ports(alone(tmp_path, url=f"http://127.0.0.1:{listener.getsockname()[1]}"))
    assert found.level is Level.WRONG
    assert "it does not speak HTTP" in found.text


def test_our_own_refusals_are_told_in_our_own_words(tmp_path: Path) -> None:
    problem = {"type": "urn:dawn-chorus:problem:unknown-host", "detail": "the name api is not let in"}
    with served(421, "application/problem+json", json.dumps(problem).encode()) as url:
        (found,) = look_at_ports(alone(tmp_path, url=url))
    assert (found.level, found.text) == (Level.WRONG, f"{url}: 421 the name api is not let in")


def test_an_api_of_another_version_is_a_warning(tmp_path: Path) -> None:
    document = {"status": "live", "info": {"version": "0.0.9"}}
    with served(200, "application/json", json.dumps(document).encode()) as url:
        ready, older = look_at_ports(alone(tmp_path, url=url))
    assert ready.level is Level.OK
    assert older.level is Level.WARNING
    assert "the API is of version 0.0.9" in older.text


def test_a_far_service_that_does_not_answer_is_wrong(tmp_path: Path) -> None:
    (found,) = look_at_ports(alone(tmp_path, url="http://no-such-host.invalid"))
    assert found.level is Level.WRONG
    assert "is it up there" in found.text


def test_a_clock_from_before_the_program_was_written_is_wrong(tmp_path: Path) -> None:
    machine = Machine(now=lambda: datetime(1970, 1, 1, 0, 3, tzinfo=UTC))
    (found,) = look_at_clock(replace(alone(tmp_path), machine=machine))
    assert found.level is Level.WRONG
    assert "it is 1970-01-01 by this machine's clock" in found.text


def test_the_date_of_an_api_is_compared_too(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with served(200, "application/json", b'{"status": "live"}', format_datetime(now, usegmt=True)) as url:
        for ahead_s, level in ((0, Level.OK), (-20, Level.WARNING), (-3600, Level.WRONG)):
            machine = Machine(now=lambda ahead_s=ahead_s: datetime.fromtimestamp(now.timestamp() + ahead_s, UTC))  # type: ignore[misc]
            assert levels(look_at_clock(replace(alone(tmp_path, url=url), machine=machine))) == [level]


@pytest.mark.parametrize("date", ["yesterday", "Mon, 01 Jan 2001 00:00:00 -0000", None])
def test_a_date_that_cannot_be_read_or_names_no_zone_breaks_nothing(tmp_path: Path, date: str | None) -> None:
    with served(200, "application/json", b'{"status": "live"}', date) as url:
        (found,) = look_at_clock(alone(tmp_path, url=url))
    assert found.level in {Level.SKIPPED, Level.WRONG}


@pytest.mark.parametrize(
    ("said", "meant"),
    [(format_bytes(999), "999 B"), (format_bytes(1.2e9), "1.2 GB"), (format_bytes(8.12e11), "812 GB"),
     (format_bytes(4.4e15), "4400.0 TB"), (format_age(59), "59 s"), (format_age(720), "12 min"),
     (format_age(10_800), "3 h"), (format_age(300_000), "3 days")],
)  # fmt: skip
def test_amounts_are_written_as_people_say_them(said: str, meant: str) -> None:
    assert said == meant
