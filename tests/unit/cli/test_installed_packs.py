"""A pack that is missing says how to get it to where it was looked for."""

from pathlib import Path

import pytest

from dawn_chorus.cli.installed_packs import require_installed
from dawn_chorus.cli.settings import load_settings
from dawn_chorus.domain.errors import UnknownPack


def test_a_pack_missing_from_a_folder_of_its_own_is_to_be_installed_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownPack, match=f"`CHORUS_PACKS_DIR={tmp_path}/packs chorus models install`"):
        require_installed("birdnet", load_settings(data_dir=tmp_path))


def test_a_pack_missing_from_the_usual_folder_is_simply_to_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHORUS_DATA_DIR", str(tmp_path))
    with pytest.raises(UnknownPack, match="with `chorus models install`"):
        require_installed("birdnet", load_settings())
