"""What the one-shot `folders` says where data are not where they were, and whose folders it takes."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.compose.engine import Engine

Look = Callable[..., tuple[int, str]]


@pytest.fixture
def look(engine: Engine, checkout: Path) -> Iterator[Look]:
    """Run `folders` with the data in a folder, or in volumes; return its exit code and what it says."""
    engine.run(["make", "secrets"], cwd=checkout)

    def run(place: Path | None, *arguments: str) -> tuple[int, str]:
        where = f"CHORUS_DATA_DIR={place}\n" if place else ""
        (checkout / ".env").write_text(f"COMPOSE_PROJECT_NAME=chorus-folders\nCHORUS_VERSION=test\n{where}")
        command = ["docker", "compose", "--progress", "quiet", "run", "--rm", "-T", *arguments]
        done = engine.run(command, cwd=checkout, check=False)
        return done.returncode, done.stderr.strip()

    yield run
    engine.run(["docker", "compose", "down", "--volumes"], cwd=checkout)


def begin(look: Look, place: Path | None) -> None:
    """Do as PostgreSQL does at its first start."""
    assert look(place, "--entrypoint", "mkdir", "folders", "/data/postgres/18") == (0, "")


def test_no_setting_and_no_missing_disk_start_an_empty_service(look: Look, tmp_path: Path) -> None:
    disk, other = tmp_path / "disk", tmp_path / "other"
    assert look(None, "folders")[0] == 0
    begin(look, None)
    code, told = look(disk, "folders")
    assert code == 1
    assert told.startswith(f"the data are in Docker's volumes, and CHORUS_DATA_DIR={disk} holds none")
    # As `restore` does: data are about to come.
    assert look(disk, "folders", "anew") == (0, "")
    begin(look, disk)
    assert look(disk, "folders") == (0, "")
    assert look(None, "folders")[1].startswith(f"the data are in {disk}, and CHORUS_DATA_DIR is not set")
    assert look(other, "folders")[1].startswith(f"the data are in {disk}, and CHORUS_DATA_DIR={other} holds none")
    disk.rename(tmp_path / "moved")
    assert look(tmp_path / "moved", "folders") == (0, "")


def test_folders_of_dockers_are_handed_over_and_those_of_others_are_not(look: Look, tmp_path: Path) -> None:
    mine = tmp_path / "audio" / "mine.flac"
    mine.parent.mkdir()
    mine.touch()
    for path in (mine.parent, mine):
        os.chown(path, 1234, 1234)
    code, told = look(tmp_path, "folders")
    assert code == 1
    assert told.startswith(f"{tmp_path}/audio holds files of account 1234")
    assert mine.stat().st_uid == 1234
    mine.unlink()
    assert look(tmp_path, "folders") == (0, "")
    owners = {each.name: each.stat().st_uid for each in tmp_path.iterdir() if each.is_dir()}
    assert {name: owners[name] for name in ("audio", "packs", "prometheus", "grafana")} == {
        "audio": 10001, "packs": 10001, "prometheus": 65534, "grafana": 472,
    }  # fmt: skip
