"""The error for a missing pack says how to install it where it was searched for."""

from pathlib import Path

import pytest

from dawn_chorus.cli.installed_packs import require_installed
from dawn_chorus.cli.settings import load_settings
from dawn_chorus.domain.errors import UnknownPack


def test_for_another_packs_folder_the_error_shows_how_to_install_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownPack, match=f"`CHORUS_PACKS_DIR={tmp_path}/packs chorus models install birdnet`"):
        require_installed("birdnet", load_settings(data_dir=tmp_path))


def test_for_the_default_packs_folder_the_error_shows_the_plain_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHORUS_DATA_DIR", str(tmp_path))
    with pytest.raises(UnknownPack, match="with `chorus models install birdnet`"):
        require_installed("birdnet", load_settings())
