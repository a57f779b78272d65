"""A service and a command started in a folder full of traps run none of its files."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.end_to_end.service import Service as Brokered
from tests.end_to_end.test_cli_analyze import write_tones
from tests.packs import write_tone_pack
from tests.servers.chorus_up import Service, make_service

STARTED_BY_PYTHON = ("sitecustomize", "usercustomize", "dawn_chorus", "services", "models", "tests")
SYNTHETIC = Path(__file__).parents[2] / "models" / "packs" / "synthetic"


class Traps:
    """A folder in which every name that could be imported, configured or called is a file that leaves a trace."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.traces = folder / "card", folder / "traces"
        self.folder.mkdir()
        self.traces.mkdir()
        for name in {*sys.stdlib_module_names, *packages_distributions(), *STARTED_BY_PYTHON}:
            self._lay(f"{name}.py", name)
        for name in ("dawn_chorus", "services", "encodings", "soundfile", "numpy"):
            (self.folder / name).mkdir()
            self._lay(f"{name}/__init__.py", f"package {name}")
        for name in ("python", "python3", "initdb", "postgres", "pg_ctl", "ffmpeg", "ldconfig", "gcc", "uname", "pip"):
            self._lay_program(name)
        (self.folder / ".env").write_text("CHORUS_DEFAULT_PACK=trap\nCHORUS_DATA_DIR=trap\nCHORUS_HOST=0.0.0.0\n")
        (self.folder / ".numba_config.yaml").write_text(f"cache_dir: {self.traces}/numba\n")
        (self.folder / "tones").mkdir()
        (self.folder / "tones" / "pack.toml").write_text("schema = 'a trap'\n")

    def _lay(self, path: str, name: str) -> None:
        (self.folder / path).write_text(
            f"open({str(self.traces / name)!r}, 'w').close()\nraise SystemExit('trapped')\n"
        )

    def _lay_program(self, name: str) -> None:
        program = self.folder / name
        program.write_text(f"#!/bin/sh\ntouch '{self.traces}/program {name}'\nexit 1\n")
        program.chmod(0o755)

    def sprung(self) -> list[str]:
        return sorted(path.name for path in self.traces.iterdir())


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path)


@pytest.fixture
def chorus_script(tmp_path: Path) -> Path:
    """What pip installs as `chorus`."""
    script = tmp_path / "bin" / "chorus"
    script.parent.mkdir()
    script.write_text("import sys\nfrom dawn_chorus.cli.__main__ import main\nsys.exit(main())\n")
    return script


@pytest.fixture
def service() -> Iterator[Service]:
    with make_service() as own:
        yield own


def test_the_traps_work(traps: Traps) -> None:
    careless = [sys.executable, "-m", "dawn_chorus.cli", "--version"]
    assert subprocess.run(careless, cwd=traps.folder, capture_output=True, check=False).returncode != 0
    assert traps.sprung()


@pytest.mark.parametrize("start", ["script", "module"])
def test_commands_run_none(traps: Traps, chorus_script: Path, tmp_path: Path, start: str) -> None:
    write_tone_pack(tmp_path / "packs" / "tones")
    write_tones(traps.folder / "dawn.wav", 8.0, (1000, 2.0, 4.0))
    environment = {**os.environ, "CHORUS_PACKS_DIR": str(tmp_path / "packs"), "CHORUS_DATA_DIR": str(tmp_path / "data")}
    words = [str(chorus_script)] if start == "script" else ["-P", "-m", "dawn_chorus.cli"]

    def chorus(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *words, *map(str, arguments)]
        return subprocess.run(
            command, cwd=traps.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    for arguments in (
        ("--version",),
        ("models", "install", SYNTHETIC),
        ("models", "list"),
        ("models", "verify", "tones"),
        ("analyze", "dawn.wav", "--pack", "tones"),
        ("analyze", ".", "--pack", "synthetic", "--out", tmp_path / "results"),
    ):
        done = chorus(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)
    assert traps.sprung() == []


def test_a_folder_called_like_a_pack_is_not_taken_for_it(traps: Traps, chorus_script: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "CHORUS_PACKS_DIR": str(tmp_path / "none")}
    command = [sys.executable, str(chorus_script), "models", "verify", "tones"]
    done = subprocess.run(command, cwd=traps.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "write ./tones" in done.stderr


def test_chorus_up_runs_none(
    traps: Traps, chorus_script: Path, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(traps.folder)
    monkeypatch.setattr("tests.servers.chorus_up.START", (sys.executable, str(chorus_script)))
    service.start()
    recording = write_tones(tmp_path / "dawn.flac", 8.0, (1000, 2.0, 4.0))
    submitted = service.chorus("submit", recording, "--wait")
    assert submitted.returncode == 0, submitted.stderr
    assert "1000 Hz tone" in service.chorus("timeline", submitted.stdout.strip()).stdout
    assert traps.sprung() == []


def test_the_parts_of_a_brokered_service_run_none(
    traps: Traps, tmp_path: Path, database_url: str, broker_url: str, packs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(traps.folder)
    brokered = Brokered(tmp_path, database_url, broker_url, packs_dir, f"file://{tmp_path}/audio")
    try:
        brokered.open("api", "relay", "worker")
        brokered.wait_finished(brokered.submit(write_tones(tmp_path / "dawn.flac", 8.0, (1000, 2.0, 4.0))))
    finally:
        brokered.close()
    assert traps.sprung() == []
