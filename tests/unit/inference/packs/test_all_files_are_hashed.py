"""Schema 2: the sha256 of every file stands in pack.toml, and what was hashed is what runs."""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from dawn_chorus.inference.packs import network_file
from dawn_chorus.inference.packs.files import read_file
from dawn_chorus.inference.packs.pack import check_pack, installed_packs
from dawn_chorus.inference.packs.sealing import seal_pack
from dawn_chorus.inference.self_test import verify_pack, write_golden
from tests.packs import TONE_RATE_HZ, write_tone_pack
from tests.unit.inference.pack_edits import Edit, add, edit_manifest, message_of, swap, turn_into_schema_2
from tests.unit.inference.sounds import open_pack, random_sounds, score_sounds

SHIPPED = Path(__file__).parents[4] / "models" / "packs"
RELEASED = {"synthetic": ("1.1.0", "7943b654")}
"""The version of every shipped pack, and how its pack.toml's sha256 begins."""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Write a pack of schema 2 with columns, a self-test and an occurrence model."""
    folder = write_tone_pack(tmp_path / "tones", occurrence=True)
    edit_manifest(folder, add('columns = "columns.csv"', "[[member]]"))
    edit_manifest(folder, add('golden = "golden.npz"'))
    (folder / "columns.csv").write_text("tone_500\ntone_1000\ntone_2000\ntone_4000\n")
    turn_into_schema_2_with_golden(folder)
    return folder


def turn_into_schema_2_with_golden(folder: Path) -> None:
    (folder / "golden.npz").touch()
    turn_into_schema_2(folder)
    write_golden(folder, np.zeros(12 * TONE_RATE_HZ, np.float32), TONE_RATE_HZ)


def list_also(name: str) -> Edit:
    return swap('"taxa.csv" = ', f'"{name}" = "{"0" * 64}"\n"taxa.csv" = ')


FILES = ("taxa.csv", "columns.csv", "golden.npz", "tones.onnx", "occurrence.onnx")


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused_whichever_it_is(pack: Path, name: str) -> None:
    assert set(tomllib.loads((pack / "pack.toml").read_text())["files"]) == set(FILES)
    verify_pack(pack, SessionOptions())
    (pack / name).write_bytes((pack / name).read_bytes() + b"\n")
    with pytest.raises(
        InvalidPack, match=rf"^tones/{name}: sha256 is .* but pack.toml says .*run `chorus models seal FOLDER`"
    ):
        verify_pack(pack, SessionOptions())
    with pytest.raises(InvalidPack, match=rf"^tones/{name}: sha256 is"):
        check_pack(pack)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_listed_is_refused_whichever_it_is(pack: Path, name: str) -> None:
    edit_manifest(pack, lambda text: "\n".join(line for line in text.splitlines() if not line.startswith(f'"{name}"')))
    assert f"{name} is not listed in [files]; run `chorus models seal FOLDER`" in message_of(pack)


def test_a_listed_file_that_nothing_uses_is_checked_too(pack: Path) -> None:
    (pack / "LICENSE").write_text("CC0")
    seal_pack(pack)
    open_pack(pack)
    (pack / "LICENSE").write_text("all rights reserved")
    assert "tones/LICENSE: sha256 is" in message_of(pack)
    (pack / "LICENSE").unlink()
    assert "tones/LICENSE: there is no such file (named in [files])" in message_of(pack)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (swap("[files]", "[file]"), "pack.toml: file: unknown key"),
        (lambda text: text[: text.index("[files]")], "files: is missing: list the sha256 of every file"),
        (swap("schema = 2", "schema = 1"), "files: belongs to schema = 2; set it, or remove [files]"),
        (
            swap('"taxa.csv" = ', f'"../taxa.csv" = "{"0" * 64}"\n"taxa.csv" = '),
            "files: ../taxa.csv: is outside the pack",
        ),
        (list_also("/etc/passwd"), "files: /etc/passwd: is outside"),
        (list_also("a\\u0000"), "is empty, or holds a control character"),
        (
            swap('"taxa.csv" = ', f'"c:\\\\x" = "{"0" * 64}"\n"taxa.csv" = '),
            "or holds a control character or backslash",
        ),
        (list_also("Taxa.csv"), "Taxa.csv and taxa.csv are one file on"),
        (list_also("PACK.toml"), "PACK.toml and pack.toml are one file"),
        (list_also("pack.toml"), "cannot hold its own sha256"),
        (swap('"taxa.csv" = ', '"note" = "cafe"\n"taxa.csv" = '), "files.note: is no sha256"),
        (add(f'sha256 = "{"0" * 64}"', "[[member]]"), "member[0].sha256: is not that of [files]; remove it here"),
    ],
)
def test_a_wrong_list_of_files_is_refused(pack: Path, edit: Edit, message: str) -> None:
    edit_manifest(pack, edit)
    assert message in message_of(pack)


def test_both_schemas_give_the_same_scores_to_the_bit(tmp_path: Path) -> None:
    one, two = write_tone_pack(tmp_path / "one"), write_tone_pack(tmp_path / "two")
    turn_into_schema_2(two)
    sounds = random_sounds({TONE_RATE_HZ}, 20.0)
    first, second = (score_sounds(open_pack(each), sounds, 20.0) for each in (one, two))
    assert (first.window_scores == second.window_scores).all()
    assert first.frame_scores is not None
    assert (first.frame_scores == second.frame_scores).all()


def test_what_was_hashed_is_what_runs_even_if_the_file_is_exchanged_meanwhile(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is exchanged as soon as it was read, before ONNX Runtime gets it."""

    def read_and_exchange(folder: Path, name: str, *rest: object) -> bytes:
        content = read_file(folder, name, *rest)  # type: ignore[arg-type]
        (folder / name).write_bytes(b"something else")
        return content

    monkeypatch.setattr(network_file, "read_file", read_and_exchange)
    ensemble = open_ensemble(pack, SessionOptions())
    assert ensemble.facts.has_occurrence
    assert (pack / "tones.onnx").read_bytes() == b"something else"


def fifo(path: Path, _: Path) -> None:
    os.mkfifo(path)


def link_out(path: Path, kept: Path) -> None:
    path.symlink_to(kept)


def circle(path: Path, _: Path) -> None:
    path.symlink_to(path)


def folder_instead(path: Path, _: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("name", [*FILES, "pack.toml"])
@pytest.mark.parametrize("replace", [fifo, link_out, circle, folder_instead])
def test_what_is_no_file_of_the_pack_is_refused_at_once(
    pack: Path, tmp_path: Path, name: str, replace: Callable[[Path, Path], None]
) -> None:
    kept = tmp_path / "kept"
    (pack / name).rename(kept)
    replace(pack / name, kept)
    assert name in message_of(pack)
    assert set(installed_packs(tmp_path)) <= {"tones"}


def test_a_link_to_another_file_of_the_pack_is_followed(pack: Path) -> None:
    """As folders that Kubernetes fills have them."""
    (pack / "taxa.csv").rename(pack / "table")
    (pack / "taxa.csv").symlink_to("table")
    open_pack(pack)


@pytest.mark.parametrize(
    "content",
    [
        b"x = " + b"[" * 20_000,
        b"x = " + b"{a=" * 20_000,
        b"[\n" * 20_000,
        b".".join([b"a"] * 60_000) + b" = 1",
        b"x = " + b"9" * 5000,
        b'x = "' + b"a" * 300_000 + b'"',
        b"\xff\xfe",
        b"",
        b"\x00" * 100,
    ],
    ids=["brackets", "inline-tables", "table-heads", "dotted-key", "digits", "long", "utf-16", "empty", "zeros"],
)
def test_a_bomb_in_place_of_a_manifest_is_one_line(pack: Path, content: bytes) -> None:
    (pack / "pack.toml").write_bytes(content)
    message = message_of(pack)
    assert message.startswith("tones/pack.toml: ")
    assert "\n" not in message
    assert len(message) < 300
    assert list(installed_packs(pack.parent)) == ["tones"]


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_a_shipped_pack_has_a_version_of_its_own_for_its_bytes(folder: Path) -> None:
    """Whoever changes a pack raises its version: results refer to it by name and version."""
    pack = check_pack(folder)
    manifest = pack.manifest
    assert manifest.schema_version == 2
    assert set(manifest.sha256s) == {path.name for path in folder.iterdir()} - {"pack.toml"}
    assert (manifest.version, pack.manifest_sha256[:8]) == RELEASED[folder.name]
