"""The command line's settings, and how it finds packs."""

from pathlib import Path

import pytest

from dawn_chorus.cli.installed_packs import find_pack
from dawn_chorus.cli.settings import load_settings
from dawn_chorus.domain.errors import PermanentError, UnknownPack


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_DATA_DIR", str(tmp_path))


def make_pack(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(f'name = "{name}"\n')
    return folder


def test_an_option_overrides_the_environment_and_an_absent_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHORUS_DEFAULT_PACK", "owls")
    settings = load_settings(data_dir=tmp_path / "other", default_pack=None)
    assert settings.default_pack == "owls"
    assert settings.packs_path == tmp_path / "other" / "packs"


def test_an_invalid_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_DEVICE", "quantum")
    with pytest.raises(PermanentError, match=r"CHORUS_DEVICE: .*'cpu' or 'cuda'"):
        load_settings()


def test_a_pack_is_found_by_the_name_in_its_manifest_or_by_its_path(tmp_path: Path) -> None:
    installed = make_pack(tmp_path / "packs" / "some-folder", "owls")
    elsewhere = make_pack(tmp_path / "elsewhere", "larks")
    assert find_pack("owls", load_settings()) == installed
    assert find_pack(None, load_settings(default_pack="owls")) == installed
    assert find_pack(str(elsewhere), load_settings()) == elsewhere


def test_the_error_for_a_missing_pack_lists_the_installed_ones(tmp_path: Path) -> None:
    make_pack(tmp_path / "packs" / "owls", "owls")
    with pytest.raises(UnknownPack, match=r"'larks' .*\(installed: owls\).* `chorus models install FOLDER`"):
        find_pack("larks", load_settings())


def test_a_folder_without_a_manifest_is_refused_as_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UnknownPack, match=r"no pack\.toml in it"):
        find_pack(str(tmp_path), load_settings())
