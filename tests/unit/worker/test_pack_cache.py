import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier, Thread
from typing import Any, cast

import pytest

from dawn_chorus.domain.errors import InvalidPack, UnknownPack
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.worker.pack_cache import PackCache


@dataclass
class Journal:
    """Opens a name for a pack, and notes what happened."""

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
def journal() -> Journal:
    return Journal()


@pytest.fixture
def packs(tmp_path: Path, journal: Journal) -> PackCache:
    for name in ("robin", "wren", "dunnock"):
        install(tmp_path, name)
    return PackCache(tmp_path, journal.open_pack, capacity=2, on_open=lambda _: None, on_close=journal.on_close)


def install(packs_dir: Path, name: str) -> None:
    (packs_dir / name).mkdir(exist_ok=True)
    (packs_dir / name / "pack.toml").write_text(f'name = "{name}"\n')


def test_a_pack_is_opened_when_it_is_first_asked_for_and_once(packs: PackCache, journal: Journal) -> None:
    assert journal.opened == []
    assert packs.open("robin") is packs.open("robin")
    assert journal.opened == ["robin"]


def test_many_threads_that_want_a_pack_open_it_once(packs: PackCache, journal: Journal) -> None:
    together = Barrier(8)

    def open_pack() -> None:
        together.wait()
        packs.open("robin")

    threads = [Thread(target=open_pack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.opened == ["robin"]


def test_the_pack_not_used_for_longest_is_closed_for_a_further_one(packs: PackCache, journal: Journal) -> None:
    for name in ("robin", "wren", "robin", "dunnock"):
        packs.open(name)
    assert journal.closed == ["wren"]
    packs.open("robin")
    assert journal.opened == ["robin", "wren", "dunnock"]


@pytest.mark.parametrize("name", ["goshawk", "../robin", "", "/etc"])
def test_an_unknown_pack_names_those_that_are_installed(packs: PackCache, name: str) -> None:
    with pytest.raises(UnknownPack, match="installed: dunnock, robin, wren"):
        packs.open(name)


def test_a_pack_installed_anew_is_opened_anew(packs: PackCache, journal: Journal, tmp_path: Path) -> None:
    packs.open("robin")
    later_ns = (tmp_path / "robin" / "pack.toml").stat().st_mtime_ns + 1_000_000_000
    os.utime(tmp_path / "robin" / "pack.toml", ns=(later_ns, later_ns))
    packs.open("robin")
    assert journal.opened == ["robin", "robin"]
    assert journal.closed == ["robin"]


def test_a_pack_installed_while_the_worker_runs_is_found(packs: PackCache, tmp_path: Path, journal: Journal) -> None:
    install(tmp_path, "goshawk")
    packs.open("goshawk")
    assert journal.opened == ["goshawk"]


def test_a_broken_pack_is_refused_each_time_and_served_once_it_is_whole(packs: PackCache, journal: Journal) -> None:
    journal.broken = {"robin"}
    for _ in range(2):
        with pytest.raises(InvalidPack):
            packs.open("robin")
    journal.broken = set()
    packs.open("robin")
    assert journal.opened == ["robin"]
