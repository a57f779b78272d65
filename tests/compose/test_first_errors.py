"""What a fresh checkout says where something is missing or mistyped: one line that tells what to do."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compose.engine import Engine

Start = Callable[..., str]


@pytest.fixture
def complaint(engine: Engine, checkout: Path) -> Start:
    """Start the stack with a setting, in vain; return the one line that Compose says."""

    def start(setting: str = "", *what: str) -> str:
        (checkout / ".env").write_text(f"COMPOSE_PROJECT_NAME=chorus-first\nCHORUS_VERSION=test\n{setting}\n")
        command = ["docker", "compose", "--progress", "quiet", "up", "--detach", "--wait", *what]
        done = engine.run(command, cwd=checkout, check=False)
        assert done.returncode != 0
        (line,) = done.stderr.strip().splitlines()
        return line

    return start


def test_without_secrets_it_says_make_secrets(complaint: Start, checkout: Path) -> None:
    assert complaint().startswith(f"env file {checkout}/secrets/run-make-secrets-first not found")


@pytest.mark.parametrize("mistyped", ["CC-BY-NC-SA", "yes", "CC BY-NC-SA 4.0"])
def test_a_mistyped_licence_is_told_with_the_setting_and_its_values(
    complaint: Start, engine: Engine, checkout: Path, mistyped: str
) -> None:
    engine.run(["make", "secrets"], cwd=checkout)
    line = complaint(f"CHORUS_ACCEPT_LICENSE={mistyped}")
    assert f"CHORUS_ACCEPT_LICENSE/is-unset-or-CC-BY-NC-SA-4.0/{mistyped}.env not found" in line


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("CHORUS_WORKERS=many", "services.worker.deploy.replicas: failed to cast"),
        ("CHORUS_PORT=80a", "Invalid hostPort: 80a"),
        ("CHORUS_DATA_DIR=data", "refers to undefined volume data/"),
    ],
)
def test_a_value_that_cannot_be_is_named(
    complaint: Start, engine: Engine, checkout: Path, setting: str, told: str
) -> None:
    engine.run(["make", "secrets"], cwd=checkout)
    assert told in complaint(setting)


def test_a_port_that_is_taken_is_told_with_the_setting_that_moves_it(
    complaint: Start, engine: Engine, checkout: Path
) -> None:
    engine.run(["make", "secrets"], cwd=checkout)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        try:
            line = complaint(f"CHORUS_PORT={port}", "--build", "--no-deps", "api")
        finally:
            engine.run(["docker", "compose", "down", "--volumes"], cwd=checkout)
    assert "on endpoint chorus-first-api-on-CHORUS_PORT-in-.env" in line
    assert f"127.0.0.1:{port}" in line
    assert line.endswith("address already in use")
