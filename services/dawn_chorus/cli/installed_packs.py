"""Which model packs are installed here, and which one is meant."""

from pathlib import Path
from typing import TYPE_CHECKING

from dawn_chorus.cli.settings import CliSettings, load_settings
from dawn_chorus.domain.errors import UnknownPack
from dawn_chorus.inference.packs.pack import MANIFEST, installed_packs

if TYPE_CHECKING:
    from dawn_chorus.inference.ensemble import Ensemble


def find_pack(wish: str | None, settings: CliSettings) -> Path:
    """Return the folder of the pack that is meant by a name or a path; without a wish the default one's.

    Raises UnknownPack, which says what there is and how to get more.
    """
    name = wish or settings.default_pack
    if wish and (Path(wish) / MANIFEST).is_file():
        return Path(wish)
    if wish and Path(wish).is_dir():
        raise UnknownPack(f"{wish} is no model pack: there is no {MANIFEST} in it")
    return require_installed(name, settings)


def require_installed(name: str, settings: CliSettings) -> Path:
    """Return the folder of an installed pack. Raises UnknownPack, which says what there is and how to get more."""
    installed = installed_packs(settings.packs_path)
    if name in installed:
        return installed[name]
    listed = ", ".join(installed) or "none"
    elsewhere = settings.packs_path != load_settings().packs_path
    install = f"CHORUS_PACKS_DIR={settings.packs_path} chorus models install" if elsewhere else "chorus models install"
    raise UnknownPack(
        f"no pack {name!r} in {settings.packs_path} (installed: {listed}): name another with --pack, or install it "
        f"with `{install}`"
    )


def open_pack(wish: str | None, sessions: int, settings: CliSettings) -> "Ensemble":
    """Open the pack that is meant, ready to score on as many threads as sessions."""
    from dawn_chorus.inference.ensemble import open_ensemble
    from dawn_chorus.inference.session import SessionOptions

    return open_ensemble(find_pack(wish, settings), SessionOptions(device=settings.device, sessions=sessions))
