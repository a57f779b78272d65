"""A `docker` for the runbook's commands where there is none: what would run in a container runs here, on test servers.

It knows `docker compose exec SERVICE COMMAND…` and `run SERVICE COMMAND…`; `up`, `down`, `config` and the service
`folders`, which gives folders to the accounts of containers, have nothing to do. Paths in the containers are exchanged
for those of the test, in arguments and in scripts.
"""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_FLAGS = {"-T", "--rm", "--no-deps"}
_VARIABLE = "CHORUS_TEST_CONTAINERS"


class DockerStandIn:
    """A folder with a `docker` in it, and the environment in which scripts find it."""

    def __init__(self, folder: Path, paths: Mapping[str, Path], environment: Mapping[str, str]) -> None:
        """`paths`: what lies where in the containers; `environment`: what their programs find, `PATH` too."""
        folder.mkdir()
        docker = folder / "docker"
        docker.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
        docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
        told = {"paths": {inside: str(path) for inside, path in paths.items()}, "environment": dict(environment)}
        self._environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", _VARIABLE: json.dumps(told)}

    def run(self, script: str, checkout: Path) -> "subprocess.CompletedProcess[str]":
        """Run a script in a checkout to its end or its first error."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=checkout, env=self._environment, capture_output=True, text=True, check=False, timeout=250,
        )  # fmt: skip


def act(words: list[str]) -> int:
    """Do what `docker WORDS…` would."""
    compose, verb, *rest = words
    if compose != "compose" or verb not in ("exec", "run", "up", "down", "config"):
        sys.exit(f"no such thing here: docker {' '.join(words)}")
    if verb in ("up", "down", "config"):
        return 0
    options: dict[str, str] = {}
    while rest[0].startswith("-"):
        flag = rest.pop(0)
        if flag not in _FLAGS:
            options[flag] = rest.pop(0)
    if rest[0] == "folders":
        return 0
    told = json.loads(os.environ[_VARIABLE])
    entrypoint = [options["--entrypoint"]] if "--entrypoint" in options else []
    command = [_exchange(word, told["paths"]) for word in (*entrypoint, *rest[1:])]
    if command[0] == "sh" and command[1] != "-c":
        command = ["sh", "-c", _exchange(Path(command[1]).read_text(), told["paths"])]
    folder = _exchange(options.get("--workdir", "."), told["paths"])
    return subprocess.run(command, cwd=folder, env={**os.environ, **told["environment"]}, check=False).returncode


def _exchange(text: str, paths: Mapping[str, str]) -> str:
    for inside, outside in paths.items():
        text = text.replace(inside, outside)
    return text


if __name__ == "__main__":
    sys.exit(act(sys.argv[1:]))
