"""Packs: whether they are there and whole, and the default one is among them."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dawn_chorus.cli.doctor.findings import Finding, ok, skipped, warning, wrong
from dawn_chorus.cli.doctor.installation import Form, Installation
from dawn_chorus.cli.install_hint import how_to_install
from dawn_chorus.domain.errors import InvalidPack

if TYPE_CHECKING:
    from dawn_chorus.inference.packs.pack import Pack

_LICENSE = "CHORUS_ACCEPT_LICENSE=CC-BY-NC-SA-4.0 in .env, then `docker compose up --detach --wait`"


def look_at_packs(installation: Installation) -> Sequence[Finding]:
    """Read every pack, and hash its files; networks are not run."""
    from dawn_chorus.inference.packs.pack import check_pack, installed_packs

    folder, default = installation.settings.packs_path, installation.settings.default_pack
    places = installation.settings.packs_places
    if installation.form is Form.SERVERS and not _holds_packs(folder):
        return [skipped("packs", f"{folder}, where workers have them, is empty here, and no volume")]
    whole: list[Pack] = []
    found: list[Finding] = []
    installed = installed_packs(*places)
    for name, path in installed.items():
        try:
            pack = check_pack(path)
        except InvalidPack as error:
            found.append(wrong("packs", f"{error}; install it again: {how_to_install(name)}"))
        else:
            whole.append(pack)
    if whole:
        found.insert(0, _describe(whole, default, places))
    return [*found, *_warn_of_default(installation, set(installed)), *_warn_of_self_tests(whole)]


def _holds_packs(folder: Path) -> bool:
    """Return whether packs are to be expected here: a volume that is empty has lost them."""
    return folder.is_dir() and (folder.is_mount() or any(folder.iterdir()))


def _describe(packs: Sequence["Pack"], default: str, places: Sequence[Path]) -> Finding:
    named = [
        f"{pack.manifest.name} {pack.manifest.version}{' (default)' if pack.manifest.name == default else ''}"
        for pack in packs
    ]
    tests = "`chorus models verify NAME` repeats its self-test"
    if find_spec("onnxruntime") is None:
        tests = "self-tests were not looked at: onnxruntime is not installed here"
    return ok("packs", f"{', '.join(named)} in {' and '.join(map(str, places))}, files as they should be; {tests}")


def _warn_of_default(installation: Installation, installed: set[str]) -> Iterator[Finding]:
    default = installation.settings.default_pack
    choose = _LICENSE if installation.form is Form.SERVERS else how_to_install("birdnet")
    if default not in installed:
        how = choose if default == "birdnet" else f"{how_to_install(default)}, or another CHORUS_DEFAULT_PACK"
        places = " or ".join(map(str, installation.settings.packs_places))
        yield warning("packs", f"the default pack {default} is not installed in {places}: {how}")
    elif default == "synthetic":
        yield warning(
            "packs", f"the default pack is synthetic, which knows no birds; for BirdNET accept its licence: {choose}"
        )


def _warn_of_self_tests(packs: Sequence["Pack"]) -> Iterator[Finding]:
    for pack in packs:
        if not pack.manifest.golden:
            yield warning(
                "packs",
                f"{pack.manifest.name} has no self-test (`golden` in pack.toml): nobody notices wrong scores",
            )
