"""Breaks a tone pack in one place, and returns the error of opening it."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnx
import pytest

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.sealing import seal_pack
from tests.unit.inference.sounds import open_pack

Change = Callable[[Any], None]
Edit = Callable[[str], str]


def swap(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return edit


def add(line: str, table: str = "") -> Edit:
    return swap(table, f"{table}\n{line}") if table else lambda text: f"{line}\n{text}"


def edit_manifest(pack: Path, edit: Edit) -> None:
    (pack / "pack.toml").write_text(edit((pack / "pack.toml").read_text()))


def message_of(pack: Path) -> str:
    with pytest.raises(InvalidPack) as caught:
        open_pack(pack)
    return str(caught.value)


def rewrite(pack: Path, change: Change) -> None:
    """Write the tone pack with a network that was changed."""
    model = onnx.load(pack / "tones.onnx")
    change(model.graph)
    onnx.save(model, pack / "tones.onnx")
    correct_sha256(pack)


def correct_sha256(pack: Path) -> None:
    """Write the sha256 of a replaced network into the manifest."""
    sha256 = hashlib.sha256((pack / "tones.onnx").read_bytes()).hexdigest()
    lines = (pack / "pack.toml").read_text().splitlines()
    (pack / "pack.toml").write_text("\n".join(f'sha256 = "{sha256}"' if "sha256" in line else line for line in lines))


def turn_into_schema_2(pack: Path) -> None:
    """List the sha256 of every file in [files], as `seal_pack` does for whoever makes packs."""
    lines = (pack / "pack.toml").read_text().replace("schema = 1", "schema = 2").splitlines()
    (pack / "pack.toml").write_text("\n".join(line for line in lines if not line.startswith("sha256 = ")))
    seal_pack(pack)


def faults_of(pack: Path, read: Callable[[Path], Any] = open_pack) -> tuple[str, ...]:
    """Return what is wrong with the tone pack, without the name of its folder."""
    with pytest.raises(InvalidPack) as caught:
        read(pack)
    assert all(fault.startswith(("tones/", "and ")) for fault in caught.value.faults)
    return tuple(fault.removeprefix("tones/") for fault in caught.value.faults)


def assert_begin(faults: Sequence[str], beginnings: Sequence[str]) -> None:
    """Assert that these are the faults, of which the beginnings are given."""
    begun = zip(faults, beginnings, strict=False)
    told = [beginning if fault.startswith(beginning) else fault for fault, beginning in begun]
    assert [*told, *faults[len(told) :]] == list(beginnings)
