"""Finds and opens installed model packs."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from dawn_chorus.cli.install_hint import how_to_install
from dawn_chorus.cli.settings import CliSettings
from dawn_chorus.domain.errors import UnknownPack
from dawn_chorus.inference.packs.names import MANIFEST
from dawn_chorus.inference.packs.pack import installed_packs

if TYPE_CHECKING:
    from dawn_chorus.inference.ensemble import Ensemble


def find_pack(requested: str | None, settings: CliSettings) -> Path:
    """Return the folder of the requested pack, given by name or path; None requests the default pack.

    What has no slash is a name: a folder that happens to be called so, on somebody's memory card, is not run. Raises
    UnknownPack with the installed packs and how to install more.
    """
    if requested is None or "/" not in requested:
        return require_installed(requested or settings.default_pack, settings)
    if not (Path(requested) / MANIFEST).is_file():
        raise UnknownPack(f"{requested} is not a model pack: there is no {MANIFEST} in it")
    return Path(requested)


def require_installed(name: str, settings: CliSettings) -> Path:
    """Return the folder of an installed pack. Raises UnknownPack with the installed packs and how to install more."""
    installed = installed_packs(*settings.packs_places)
    if name in installed:
        return installed[name]
    listed = ", ".join(installed) or "none"
    places = " or ".join(map(str, settings.packs_places))
    if (Path(name) / MANIFEST).is_file():
        raise UnknownPack(f"no pack {name!r} in {places}: for the folder of that name write {shlex.quote(f'./{name}')}")
    raise UnknownPack(
        f"no pack {name!r} in {places} (installed: {listed}): choose another with --pack, or install it "
        f"with {how_to_install(name)}"
    )


def open_pack(requested: str | None, sessions: int, settings: CliSettings) -> "Ensemble":
    """Return the requested pack, ready to score `sessions` segments at once."""
    from dawn_chorus.inference.ensemble import open_ensemble
    from dawn_chorus.inference.session import SessionOptions

    return open_ensemble(find_pack(requested, settings), SessionOptions(device=settings.device, sessions=sessions))
