"""The error for a missing pack says how to install it where it was searched for."""

from pathlib import Path

import pytest

from dawn_chorus.cli.installed_packs import require_installed
from dawn_chorus.cli.settings import load_settings
from dawn_chorus.domain.errors import UnknownPack


@pytest.fixture(autouse=True)
def default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder where no option names another."""
    monkeypatch.setenv("CHORUS_DATA_DIR", str(tmp_path / "default"))
    return tmp_path / "default"


def make_pack(data_dir: Path, name: str) -> Path:
    folder = data_dir / "packs" / name
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(f'name = "{name}"\n')
    return folder


def test_a_pack_is_found_where_it_is_installed_by_default_whatever_the_data_folder(
    tmp_path: Path, default: Path
) -> None:
    installed = make_pack(default, "birdnet")
    assert require_installed("birdnet", load_settings(data_dir=tmp_path / "card")) == installed


def test_a_pack_in_the_data_folder_goes_before_that_of_the_same_name(tmp_path: Path, default: Path) -> None:
    make_pack(default, "birdnet")
    mine = make_pack(tmp_path / "card", "birdnet")
    assert require_installed("birdnet", load_settings(data_dir=tmp_path / "card")) == mine


def test_a_folder_of_packs_that_is_named_is_the_only_one(
    tmp_path: Path, default: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pack(default, "birdnet")
    monkeypatch.setenv("CHORUS_PACKS_DIR", str(tmp_path / "named"))
    with pytest.raises(UnknownPack, match=f"no pack 'birdnet' in {tmp_path}/named "):
        require_installed("birdnet", load_settings(data_dir=tmp_path / "card"))


@pytest.mark.parametrize("name", ["birdnet", "birdnet-fine", "birdnet-native"])
def test_the_error_names_both_folders_and_the_whole_command(tmp_path: Path, default: Path, name: str) -> None:
    command = "`chorus models install birdnet --accept-license CC-BY-NC-SA-4.0`"
    with pytest.raises(UnknownPack, match=f"in {tmp_path}/card/packs or {default}/packs .* with {command}"):
        require_installed(name, load_settings(data_dir=tmp_path / "card"))
