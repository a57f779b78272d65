import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier, Thread
from typing import Any, cast

import pytest

from dawn_chorus.domain.errors import InvalidPack, UnknownPack
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.worker.pack_cache import PackCache


@dataclass
class FakeOpener:
    """Returns a stand-in for each pack, and records what is opened and closed."""

    opened: list[str] = field(default_factory=list)
    closed: list[Any] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def open_pack(self, folder: Path) -> Ensemble:
        if folder.name in self.broken:
            raise InvalidPack(f"{folder.name}/pack.toml: name: is missing")
        self.opened.append(folder.name)
        return cast("Ensemble", (folder.name, len(self.opened)))

    def on_close(self, ensemble: Ensemble) -> None:
        self.closed.append(cast("Any", ensemble)[0])


@pytest.fixture
def opener() -> FakeOpener:
    return FakeOpener()


@pytest.fixture
def packs(tmp_path: Path, opener: FakeOpener) -> PackCache:
    for name in ("robin", "wren", "dunnock"):
        install(tmp_path, name)
    return PackCache([tmp_path], opener.open_pack, capacity=2, on_open=lambda _: None, on_close=opener.on_close)


def install(packs_dir: Path, name: str) -> None:
    (packs_dir / name).mkdir(exist_ok=True)
    (packs_dir / name / "pack.toml").write_text(f'name = "{name}"\n')


def test_a_pack_is_opened_on_first_use_and_only_once(packs: PackCache, opener: FakeOpener) -> None:
    assert opener.opened == []
    assert packs.open("robin") is packs.open("robin")
    assert opener.opened == ["robin"]


def test_many_threads_that_want_a_pack_open_it_once(packs: PackCache, opener: FakeOpener) -> None:
    together = Barrier(8)

    def open_pack() -> None:
        together.wait()
        packs.open("robin")

    threads = [Thread(target=open_pack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opener.opened == ["robin"]


def test_the_least_recently_used_pack_is_closed_to_make_room(packs: PackCache, opener: FakeOpener) -> None:
    for name in ("robin", "wren", "robin", "dunnock"):
        packs.open(name)
    assert opener.closed == ["wren"]
    packs.open("robin")
    assert opener.opened == ["robin", "wren", "dunnock"]


@pytest.mark.parametrize("name", ["goshawk", "../robin", "", "/etc"])
def test_an_unknown_pack_names_those_that_are_installed(packs: PackCache, name: str) -> None:
    with pytest.raises(UnknownPack, match="installed: dunnock, robin, wren"):
        packs.open(name)


def test_a_pack_installed_again_is_opened_again(packs: PackCache, opener: FakeOpener, tmp_path: Path) -> None:
    packs.open("robin")
    later_ns = (tmp_path / "robin" / "pack.toml").stat().st_mtime_ns + 1_000_000_000
    os.utime(tmp_path / "robin" / "pack.toml", ns=(later_ns, later_ns))
    packs.open("robin")
    assert opener.opened == ["robin", "robin"]
    assert opener.closed == ["robin"]


def test_a_pack_installed_while_the_worker_runs_is_found(packs: PackCache, tmp_path: Path, opener: FakeOpener) -> None:
    install(tmp_path, "goshawk")
    packs.open("goshawk")
    assert opener.opened == ["goshawk"]


def test_a_broken_pack_is_refused_each_time_until_it_is_repaired(packs: PackCache, opener: FakeOpener) -> None:
    opener.broken = {"robin"}
    for _ in range(2):
        with pytest.raises(InvalidPack):
            packs.open("robin")
    opener.broken = set()
    packs.open("robin")
    assert opener.opened == ["robin"]


def test_a_pack_that_is_replaced_while_it_is_opened_is_opened_again(tmp_path: Path) -> None:
    """Some of its files were read from the old version and some from the new one."""
    install(tmp_path, "robin")
    opened = []

    def open_pack(folder: Path) -> Ensemble:
        opened.append(folder.name)
        if len(opened) == 1:
            (tmp_path / "new").mkdir()
            (tmp_path / "new" / "pack.toml").write_text('name = "robin"\n')
            shutil.rmtree(tmp_path / "robin")
            (tmp_path / "new").rename(tmp_path / "robin")
            raise InvalidPack("robin/robin.onnx: sha256 is not that in pack.toml")
        return cast("Ensemble", f"opened {len(opened)}")

    packs = PackCache([tmp_path], open_pack, capacity=2, on_open=lambda _: None, on_close=lambda _: None)
    assert packs.open("robin") == cast("Ensemble", "opened 2")
    assert packs.open("robin") == cast("Ensemble", "opened 2")


def test_a_version_with_the_same_times_is_another_version(packs: PackCache, opener: FakeOpener, tmp_path: Path) -> None:
    """Archives and wheels keep the times of their files."""
    packs.open("robin")
    before = (tmp_path / "robin" / "pack.toml").stat()
    install(tmp_path, "other")
    (tmp_path / "other" / "pack.toml").write_text('name = "robin"\n')
    os.utime(tmp_path / "other" / "pack.toml", ns=(before.st_atime_ns, before.st_mtime_ns))
    shutil.rmtree(tmp_path / "robin")
    (tmp_path / "other").rename(tmp_path / "robin")
    packs.open("robin")
    assert opener.opened == ["robin", "robin"]
