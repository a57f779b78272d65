from pathlib import Path
from typing import cast

import pytest

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.worker.pack_cache import PackCache
from dawn_chorus.worker.pack_registration import PackRegistration
from tests.packs import write_tone_pack
from tests.unit.worker.fakes import ScriptedLedger


class FakeReader:
    """Reads the facts of packs; fails for those in `unreadable`."""

    def __init__(self) -> None:
        self.unreadable: set[str] = set()

    def read(self, folder: Path) -> PackFacts:
        if folder.name in self.unreadable:
            raise InvalidPack(f"{folder.name}/tones.onnx: there is no such file")
        return open_ensemble(folder, SessionOptions()).facts


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def ledger() -> ScriptedLedger:
    return ScriptedLedger(None)


@pytest.fixture
def packs(tmp_path: Path) -> PackCache:
    for name in ("robin", "wren"):
        write_tone_pack(tmp_path / name, name=name)

    def refuse(_: Path) -> Ensemble:
        raise AssertionError("registering opens nothing for scoring")

    return PackCache([tmp_path], refuse, capacity=1, on_open=lambda _: None, on_close=lambda _: None)


def registered(ledger: ScriptedLedger) -> list[str]:
    return [cast("str", value) for name, value in ledger.calls if name == "registered"]


def test_every_installed_pack_is_registered_once(packs: PackCache, reader: FakeReader, ledger: ScriptedLedger) -> None:
    registration = PackRegistration(packs, reader.read, ledger)
    registration.register_new()
    registration.register_new()
    assert registered(ledger) == ["robin", "wren"]


def test_a_pack_registered_before_is_not_read_again(
    packs: PackCache, reader: FakeReader, ledger: ScriptedLedger
) -> None:
    PackRegistration(packs, reader.read, ledger, registered=[packs.installed()["robin"]]).register_new()
    assert registered(ledger) == ["wren"]


def test_a_pack_installed_later_is_registered_then(
    packs: PackCache, reader: FakeReader, ledger: ScriptedLedger, tmp_path: Path
) -> None:
    registration = PackRegistration(packs, reader.read, ledger)
    registration.register_new()
    write_tone_pack(tmp_path / "dunnock", name="dunnock")
    registration.register_new()
    assert registered(ledger) == ["robin", "wren", "dunnock"]


def test_a_pack_that_is_still_being_copied_is_registered_once_it_is_complete(
    packs: PackCache, reader: FakeReader, ledger: ScriptedLedger
) -> None:
    reader.unreadable = {"robin"}
    registration = PackRegistration(packs, reader.read, ledger)
    registration.register_new()
    assert registered(ledger) == ["wren"]
    reader.unreadable = set()
    registration.register_new()
    assert registered(ledger) == ["wren", "robin"]
