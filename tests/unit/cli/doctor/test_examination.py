"""Checks run at once, and none of them can cost the others, or more than its time."""

import json
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest

from dawn_chorus.cli.doctor.examination import examine
from dawn_chorus.cli.doctor.findings import Finding, Level, ok
from dawn_chorus.cli.doctor.installation import Form, Installation
from dawn_chorus.cli.settings import CliSettings

HERE = Installation(Form.ALONE, CliSettings())


def test_findings_come_in_the_order_of_the_checks() -> None:
    def slow(_: Installation) -> list[Finding]:
        time.sleep(0.05)
        return [ok("first", "a")]

    found = examine(HERE, checks={"first": slow, "second": lambda _: [ok("second", "b"), ok("second", "c")]})
    assert [finding.text for finding in found] == ["a", "b", "c"]


def test_a_check_that_hangs_is_wrong_and_the_others_are_told() -> None:
    never = Event()

    def hang(_: Installation) -> list[Finding]:
        never.wait(30)
        return []

    found = examine(HERE, checks={"deaf": hang, "well": lambda _: [ok("well", "fine")]}, within_s=0.2)
    never.set()
    assert [(each.check, each.level) for each in found] == [("deaf", Level.WRONG), ("well", Level.OK)]
    assert found[0].text.startswith("no answer within 0.2 s")


def test_what_is_not_installed_is_not_looked_at() -> None:
    def lacks(_: Installation) -> list[Finding]:
        import no_such_library  # type: ignore[import-not-found] # noqa: F401, PLC0415

        return []

    assert examine(HERE, checks={"broker": lacks}) == [
        Finding("broker", Level.SKIPPED, "not looked at: no_such_library is not installed here")
    ]


def test_a_check_that_fails_in_a_way_nobody_thought_of_is_one_line() -> None:
    def fail(_: Installation) -> list[Finding]:
        raise PermissionError(13, "Permission denied", "/var/lib/x\n/y")

    (found,) = examine(HERE, checks={"disk": fail})
    assert found.level is Level.WRONG
    assert "Permission denied" in found.text
    assert "\n" not in found.text


@pytest.mark.parametrize(
    ("absent", "checks"),
    [("pika", {"broker"}), ("psycopg", {"database", "work"}), ("obstore", {"store"}), ("numpy", {"packs"}),
     ("onnxruntime", set()), ("httpx", set())],
)  # fmt: skip
def test_the_program_runs_where_a_library_is_missing(absent: str, checks: set[str], tmp_path: Path) -> None:
    """As in images that hold the packages of their part only."""
    code = f"import sys; sys.modules[{absent!r}] = None; sys.argv = ['chorus', 'doctor']; import runpy; "
    code += "runpy.run_module('dawn_chorus.cli', run_name='__main__')"
    servers = {
        "CHORUS_DATABASE_URL": "postgresql://127.0.0.1:1/x",
        "CHORUS_BROKER_URL": "amqp://127.0.0.1:1/",
        "CHORUS_STORE_URL": "s3://b?endpoint=http://127.0.0.1:1&access_key_id=a&secret_access_key=b",
        "CHORUS_PACKS_DIR": "models/packs",
        "HOME": str(tmp_path),
        "CHORUS_DATA_DIR": str(tmp_path),
    }
    said = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False, env=servers)
    assert "Traceback" not in said.stderr
    skipped = {line.split()[1] for line in said.stdout.splitlines() if f"{absent} is not installed here" in line}
    assert skipped >= checks


def test_a_check_that_was_given_what_anothers_failing_import_left_looks_again() -> None:
    reasons = iter([ImportError("cannot import name 'inspect_work'"), ModuleNotFoundError(name="psycopg")])

    def work(_: Installation) -> list[Finding]:
        raise next(reasons)

    (found,) = examine(HERE, checks={"work": work})
    assert found.text == "not looked at: psycopg is not installed here"


def test_what_a_foreign_server_writes_does_nothing_to_a_terminal() -> None:
    def foreign(_: Installation) -> list[Finding]:
        return [ok("ports", "Server: \x1b]0;pwned\x07\r\nok     packs     " + "x" * 10_000)]

    (found,) = examine(HERE, checks={"ports": foreign})
    assert found.text.startswith("Server: \ufffd]0;pwned\ufffd ok packs xxx")
    assert len(found.text) < 1000


def test_a_variable_that_cannot_be_followed_is_wrong_and_named(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "dawn_chorus.cli", "doctor"]
    environment = {"HOME": str(tmp_path), "CHORUS_DEVICE": "quantum"}
    said = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert said.returncode == 1
    assert said.stdout.startswith("WRONG  settings  CHORUS_DEVICE: Input should be 'cpu' or 'cuda'")


def test_a_bare_command_line_is_well_before_anything_is_installed(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "dawn_chorus.cli", "doctor", "--url", "http://127.0.0.1:1", "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, env={"HOME": str(tmp_path)})
    found = {each["check"]: each for each in json.loads(said.stdout)["findings"]}
    assert "as a command line: no service was started in" in found["program"]["text"]
    assert found["packs"]["level"] == "warning"
    for nothing in ("database", "work", "broker", "store", "clock"):
        assert found[nothing]["level"] == "not looked at"
    assert list(tmp_path.iterdir()) == []
