"""Installs the folder of a pack: copied, tried, then put into place in one step."""

from pathlib import Path

from dawn_chorus.cli.output import print_warning
from dawn_chorus.domain.errors import InvalidPack, PermanentError
from dawn_chorus.inference.packs.installation.placement import installing, place_pack
from dawn_chorus.inference.packs.installation.staging import stage_pack
from dawn_chorus.inference.packs.names import MANIFEST, find_twins
from dawn_chorus.inference.packs.pack import check_pack, installed_packs
from dawn_chorus.inference.verification import Verification, verify_apart


def install_pack(source: Path, packs_dir: Path) -> str:
    """Install a pack, in place of its older version if there is one; return what was done, in one line.

    Prints what is doubtful about its networks.

    Raises PermanentError, and leaves everything as it was, if the folder is no pack that passes its self-test.
    """
    if source.is_file():
        raise PermanentError(f"{source} is a file: unpack it, and install the folder with the {MANIFEST} in it")
    if not (source / MANIFEST).is_file():
        raise PermanentError(f"{source} is neither `birdnet`, `synthetic` nor a folder with a {MANIFEST} in it")
    with installing(packs_dir) as scratch:
        staged = stage_pack(source, scratch)
        verified = verify_apart(staged)
        for warning in verified.warnings:
            print_warning(f"{verified.name}: {warning}")
        target = packs_dir / verified.name
        _check_target(verified, packs_dir)
        before = _installed_version(target, verified)
        if before == verified.version:
            return f"{verified.name} {verified.version} is installed already in {packs_dir}"
        left_out = _remove_unlisted(staged, verified)
        place_pack(staged, target)
    replaced = f" in place of {before}" if before else ""
    return f"installed {verified.name} {verified.version}{replaced} in {packs_dir}; {verified.result}{left_out}"


def _check_target(verified: Verification, packs_dir: Path) -> None:
    """Raise PermanentError where the pack's folder belongs to something else."""
    other = installed_packs(packs_dir).get(verified.name)
    if other is not None and other.name != verified.name:
        raise PermanentError(f"{verified.name} is installed already, in {other}: remove or rename that folder first")
    if twins := find_twins(sorted({verified.name, *(path.name for path in packs_dir.iterdir())})):
        raise PermanentError(f"{packs_dir}: {twins[0]} and {twins[1]} are one folder on some systems: rename one")
    target = packs_dir / verified.name
    if target.exists() and not (target / MANIFEST).is_file():
        raise PermanentError(f"{target} is there and is no pack: remove it first")


def _installed_version(target: Path, verified: Verification) -> str | None:
    """Return the version of the whole pack that is there; None: nothing, or a broken one, which is replaced.

    Raises PermanentError for another pack of the same version: results refer to a pack by name and version.
    """
    try:
        present = check_pack(target)
    except InvalidPack:
        return None
    if present.manifest.version == verified.version and present.manifest_sha256 != verified.manifest_sha256:
        raise PermanentError(
            f"another {verified.name} {verified.version} is installed in {target}: give the changed pack a new version "
            f"in {MANIFEST}"
        )
    return present.manifest.version


def _remove_unlisted(staged: Path, verified: Verification) -> str:
    """Remove what pack.toml does not list, as nobody has checked it; return what to say of it."""
    if verified.files is None:
        return ""
    names = {path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file()}
    unlisted = sorted(names - {MANIFEST, *verified.files})
    for name in unlisted:
        (staged / name).unlink()
    return f"; left out, as [files] does not list it: {', '.join(unlisted)}" if unlisted else ""
