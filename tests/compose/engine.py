"""The Docker engine that the stack runs on: this machine's, or one that a sandbox tool brings where there is none."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
_START_S = 1200.0


def find_sandbox() -> Path | None:
    """Find the tool that stands in for Docker and its registry: `TOOL for FILE…`, `TOOL env`, `TOOL down`."""
    named = os.environ.get("CHORUS_COMPOSE_SANDBOX")
    beside = ROOT.parent / "shared" / "tools" / "compose-sandbox" / "compose-sandbox"
    path = Path(named) if named else beside
    return path if path.exists() else None


class Engine:
    """Where `docker` commands go."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**os.environ, **environment}

    def is_up(self) -> bool:
        with suppress(FileNotFoundError):
            return self.run(["docker", "version"], check=False).returncode == 0
        return False

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        check: bool = True,
        timeout_s: float = 900.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; one that fails, where `check`, fails the test with what it said."""
        done = subprocess.run(
            command, cwd=cwd, env={**self.environment, **(environment or {})}, capture_output=True, text=True,
            check=False, timeout=timeout_s, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if check:
            assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done


class SandboxEngine(Engine):
    """An engine of the sandbox tool, with what the files of a checkout need; ended by `close` unless it ran before."""

    def __init__(self, tool: Path, checkout: Path, files: Sequence[str]) -> None:
        super().__init__({})
        self._tool = str(tool)
        self.environment.update(_read_exports(self._tool_says("env")))
        self._ran_before = self.is_up()
        # Of Caddy it has no likeness; tests/end_to_end/tls runs Debian's.
        wanted = {"COMPOSE_PROFILES": "*", "SANDBOX_ALLOW_MISSING": "1"}
        self.run([self._tool, "for", *files], cwd=checkout, environment=wanted, timeout_s=_START_S)

    def close(self) -> None:
        if not self._ran_before:
            self.run([self._tool, "down"])

    def _tool_says(self, word: str) -> str:
        return self.run([self._tool, word]).stdout


def _read_exports(lines: str) -> dict[str, str]:
    words = [word for line in lines.splitlines() for word in shlex.split(line) if "=" in word]
    return dict(word.split("=", 1) for word in words)


def docker_is_here() -> bool:
    return shutil.which("docker") is not None and Engine({}).is_up()
