"""A pack appears whole or not at all, and takes the place of its older version in one step."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dawn_chorus.inference.packs.installation import placement
from dawn_chorus.inference.packs.installation.placement import installing, place_pack

SIZE = 50


def write(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    for number in range(SIZE):
        (folder / str(number)).write_text(content)
    return folder


def read(folder: Path) -> set[str]:
    return {path.read_text() for path in folder.iterdir()}


def entries(packs_dir: Path) -> list[str]:
    return sorted(path.name for path in packs_dir.iterdir())


@pytest.fixture(params=[True, False], ids=["exchange", "rename-aside"])
def packs_dir(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packs on a file system that can exchange two folders, and on one that cannot."""
    if not request.param:
        monkeypatch.setattr(placement, "_exchange", lambda *_: False)
    return tmp_path / "packs"


def test_a_new_pack_is_placed_and_nothing_else_is_left(packs_dir: Path) -> None:
    with installing(packs_dir) as scratch:
        place_pack(write(scratch / "wren", "new"), packs_dir / "wren")
    assert (entries(packs_dir), read(packs_dir / "wren")) == (["wren"], {"new"})


def test_an_older_version_is_replaced_and_nothing_of_it_is_left(packs_dir: Path) -> None:
    write(packs_dir / "wren", "old")
    (packs_dir / "wren" / "more").write_text("old")
    with installing(packs_dir) as scratch:
        place_pack(write(scratch / "wren", "new"), packs_dir / "wren")
    assert (entries(packs_dir), read(packs_dir / "wren")) == (["wren"], {"new"})


def test_a_failed_installation_changes_nothing(packs_dir: Path) -> None:
    write(packs_dir / "wren", "old")

    def install() -> None:
        with installing(packs_dir) as scratch:
            write(scratch / "wren", "new")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        install()
    assert (entries(packs_dir), read(packs_dir / "wren")) == (["wren"], {"old"})


def test_a_link_is_replaced_and_what_it_led_to_is_kept(packs_dir: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", "old")
    packs_dir.mkdir()
    (packs_dir / "wren").symlink_to(tmp_path / "elsewhere")
    with installing(packs_dir) as scratch:
        place_pack(write(scratch / "wren", "new"), packs_dir / "wren")
    assert read(packs_dir / "wren") == {"new"}
    assert read(tmp_path / "elsewhere") == {"old"}


def test_whoever_has_opened_the_older_version_goes_on_with_it(packs_dir: Path) -> None:
    write(packs_dir / "wren", "old")
    with (packs_dir / "wren" / "7").open() as opened:
        with installing(packs_dir) as scratch:
            place_pack(write(scratch / "wren", "new"), packs_dir / "wren")
        assert opened.read() == "old"


def test_at_no_moment_is_there_no_pack_or_half_of_one(tmp_path: Path) -> None:
    """A reader that looks all the time sees the old or the new version."""
    packs_dir = tmp_path / "packs"
    write(packs_dir / "wren", "0")
    seen: list[int] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            # A folder that is opened once stays the same folder, whatever takes its name.
            folder = os.open(packs_dir / "wren", os.O_RDONLY | os.O_DIRECTORY)
            seen.append(folder)
            os.close(folder)

    reader = threading.Thread(target=look)
    reader.start()
    for version in range(1, 30):
        with installing(packs_dir) as scratch:
            place_pack(write(scratch / "wren", str(version)), packs_dir / "wren")
        assert read(packs_dir / "wren") == {str(version)}
    stop.set()
    reader.join()
    assert len(seen) > 30


KILLED = """
import sys, time
from pathlib import Path
from dawn_chorus.inference.packs.installation import placement
packs_dir = Path(sys.argv[1])
with placement.installing(packs_dir) as scratch:
    (scratch / "wren").mkdir()
    (scratch / "wren" / "half").write_text("new")
    if sys.argv[2] == "aside":
        (scratch / "replaced").mkdir()
        (packs_dir / "wren").rename(scratch / "replaced" / "wren")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("moment", ["copying", "aside"])
def test_a_killed_installation_is_cleared_and_the_older_pack_is_there(tmp_path: Path, moment: str) -> None:
    packs_dir = tmp_path / "packs"
    write(packs_dir / "wren", "old")
    command = [sys.executable, "-P", "-c", KILLED, str(packs_dir), moment]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert [name for name in entries(packs_dir) if name.startswith(".installing-")]
    with installing(packs_dir):
        pass
    assert (entries(packs_dir), read(packs_dir / "wren")) == (["wren"], {"old"})


def test_two_installations_take_turns(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def install() -> None:
        with installing(tmp_path / "packs") as scratch:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.05)
            write(scratch / "wren", "new")
            inside[0] -= 1

    threads = [threading.Thread(target=install) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert entries(tmp_path / "packs") == []
