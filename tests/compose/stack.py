"""A stack of its own, from a copy of what is committed or about to be: its own `.env`, ports, secrets and volumes."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.compose.engine import ROOT, Engine
from tests.end_to_end.service import wait_until
from tests.packs import write_tone_pack
from tests.servers.ports import find_free_ports

_PORTS = range(9000, 9900)
_UP_S = 600.0
# The pack that hears tones, beside those that come with us: what it must find is known to the second.
_TONES = """\
services:
  packs:
    volumes: ["{folder}:/usr/share/chorus/packs/tones:ro"]
"""


class Stack:
    """One project of Docker Compose."""

    def __init__(self, engine: Engine, folder: Path, name: str, files: Sequence[str], settings: dict[str, str]) -> None:
        self.engine, self.folder, self.name = engine, folder / "checkout", name
        self.api_port, self.grafana_port, self.rabbitmq_port, *watching = find_free_ports(5, _PORTS)
        self.prometheus_port, self.alertmanager_port = watching
        copy_checkout(self.folder)
        pack = write_tone_pack(folder / "tones")
        (folder / "tones.yml").write_text(_TONES.format(folder=pack))
        self._settings: dict[str, str] = {}
        self.configure(
            COMPOSE_PROJECT_NAME=name,
            COMPOSE_FILE=":".join((*files, str(folder / "tones.yml"))),
            CHORUS_VERSION="test",
            CHORUS_PORT=str(self.api_port),
            GRAFANA_PORT=str(self.grafana_port),
            RABBITMQ_PORT=str(self.rabbitmq_port),
            PROMETHEUS_PORT=str(self.prometheus_port),
            ALERTMANAGER_PORT=str(self.alertmanager_port),
            **settings,
        )
        engine.run(["make", "secrets"], cwd=self.folder)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    def configure(self, **settings: str) -> None:
        """Put settings into `.env`, beside those that stand there."""
        self._settings |= settings
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in self._settings.items()))

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = ["docker", "compose", "--progress", "quiet", *arguments]
        return self.engine.run(command, cwd=self.folder, check=check, timeout_s=_UP_S)

    def run_script(self, script: str) -> None:
        """Run what the runbook gives to type, in the checkout."""
        self.engine.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder, environment={"COMPOSE_PROGRESS": "quiet"}, timeout_s=_UP_S,
        )  # fmt: skip

    def commit_checkout(self) -> Callable[[], str]:
        """Commit the copy of the checkout; return what asks git for all that changed in it since, or is new."""
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
        for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "as it came"]):
            subprocess.run([*git, *command], cwd=self.folder, check=True)
        ask = [*git, "status", "--porcelain"]
        return lambda: subprocess.run(ask, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def up(self, *arguments: str) -> None:
        """Start what does not run and wait until all of it is healthy; when it is not, say what ails it."""
        done = self.compose("up", "--detach", "--wait", *arguments, check=False)
        if done.returncode:
            logs = self.compose("logs", "--tail", "20", check=False).stdout
            raise AssertionError(f"the stack does not come up:\n{done.stderr}\n{logs}")

    def down(self, *arguments: str) -> None:
        self.compose("down", "--remove-orphans", "--timeout", "30", *arguments)

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text().strip()

    def containers(self) -> list[dict[str, Any]]:
        """Return what `docker inspect` says of every container."""
        ids = self.compose("ps", "--all", "--quiet").stdout.split()
        found: list[dict[str, Any]] = json.loads(self.engine.run(["docker", "inspect", *ids]).stdout)
        return found

    def healthy_workers(self) -> int:
        listed = self.compose("ps", "--format", "json", "worker").stdout.splitlines()
        return sum(json.loads(line)["Health"] == "healthy" for line in listed)

    def run_in(self, service: str, *command: str, check: bool = True) -> str:
        return self.compose("exec", "-T", service, *command, check=check).stdout

    def make_key(self) -> str:
        made = self.compose("run", "--rm", "-T", "chorus", "keys", "create", "test", "--json").stdout
        return str(json.loads(made)["key"])

    def curl(self, path: str, *arguments: str, key: str | None = None) -> Any:
        """Ask the API as its users do; return the JSON."""
        show = ["--header", f"Authorization: Bearer {key}"] if key else []
        url = f"{self.api_url}{path}"
        answer = self.engine.run(["curl", "--silent", "--show-error", "--max-time", "60", *show, *arguments, url])
        return json.loads(answer.stdout)

    def upload(self, recording: Path, key: str, *fields: str) -> str:
        """Post a recording, to be analyzed by the pack that hears tones; return the id of its analysis."""
        form = [word for field in (f"file=@{recording}", *(fields or ("pack=tones",))) for word in ("--form", field)]
        answer = self.curl("/v1/recordings", *form, key=key)
        return str(answer["analyses"][0]["id"])

    def wait_for(self, analysis_id: str, key: str) -> dict[str, Any]:
        """Return the analysis once it is finished."""
        seen: dict[str, Any] = {}

        def is_finished() -> bool:
            seen.update(self.curl(f"/v1/analyses/{analysis_id}", key=key))
            return bool(seen.get("terminal"))

        wait_until(is_finished, f"analysis {analysis_id} is finished", within_s=180)
        return seen

    def query(self, sql: str) -> str:
        return self.run_in("postgres", "psql", "-U", "postgres", "-d", "chorus", "-tAc", sql).strip()


def copy_checkout(folder: Path) -> None:
    """Copy what git knows of or would take in: neither secrets nor settings of whoever works here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
