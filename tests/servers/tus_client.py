"""The real tus-js-client, from the npm registry, and the program that uploads a file with it."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.programs import find_program

SOURCE = Path(__file__).parents[1] / "end_to_end" / "tus_client"
INSTALL_S = 240.0


@dataclass(frozen=True)
class Uploaded:
    """What the client said at the end."""

    upload_id: str
    resumed: bool
    """Whether it went on with an upload of an earlier process."""


@dataclass(frozen=True)
class TusClient:
    """Uploads files; what it remembers of them is kept in `state`."""

    node: str
    program: Path
    state: Path

    def start(self, url: str, path: Path) -> subprocess.Popen[str]:
        command = [self.node, str(self.program), f"{url}/v1/uploads", str(path), str(self.state)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def upload(self, url: str, path: Path, within_s: float = 120.0) -> Uploaded:
        return finish(self.start(url, path), within_s)


def finish(process: subprocess.Popen[str], within_s: float = 120.0) -> Uploaded:
    """Wait for the end of an upload."""
    out, err = process.communicate(timeout=within_s)
    assert process.returncode == 0, err
    said = json.loads(out)
    return Uploaded(said["url"].rpartition("/")[2], said["resumed"])


@pytest.fixture(scope="session")
def tus_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program and what it needs, installed as its lock file says, apart from the checkout."""
    npm = find_program("npm")
    folder = tmp_path_factory.mktemp("tus-client")
    for path in SOURCE.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = subprocess.run(
        command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, timeout=INSTALL_S, check=False
    )
    if done.returncode:
        pytest.fail(f"tus-js-client cannot be installed by npm: {done.stderr[-2000:]}", pytrace=False)
    return folder / "upload.mjs"


@pytest.fixture
def tus_client(tus_program: Path, tmp_path: Path) -> TusClient:
    return TusClient(find_program("node"), tus_program, tmp_path / "tus-state.json")
