"""Reads and checks a model pack, except for its networks (`session` opens them)."""

import hashlib
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.contents import Member, Pack
from dawn_chorus.inference.packs.drafts.manifest_draft import ManifestDraft, draft_manifest
from dawn_chorus.inference.packs.drafts.pack_draft import PackDraft
from dawn_chorus.inference.packs.faults import Faults
from dawn_chorus.inference.packs.files import MANIFEST_MOST_BYTES, FileState, check_file, file_state, read_file
from dawn_chorus.inference.packs.manifest import Manifest
from dawn_chorus.inference.packs.names import MANIFEST

__all__ = ["Member", "Pack", "check_pack", "draft_pack", "installed_packs", "read_manifest", "read_pack"]

_MOST_LINE = 4096
"""tomllib takes time by the square of a key's parts, and any line may be one key."""


def installed_packs(*packs_dirs: Path) -> dict[str, Path]:
    """Return the packs' folders by the name in the manifest, or by the folder's name if the manifest cannot be read.

    Of packs of one name in several folders it is that of the first.
    """
    manifests = (manifest for packs_dir in reversed(packs_dirs) for manifest in sorted(packs_dir.glob(f"*/{MANIFEST}")))
    return {_name_pack(manifest): manifest.parent for manifest in manifests}


def _name_pack(manifest: Path) -> str:
    try:
        return _read_name(manifest.parent.resolve(), file_state(manifest))
    except (OSError, ValueError, KeyError, InvalidPack):
        return manifest.parent.name


@lru_cache
def _read_name(folder: Path, _state: FileState) -> str:
    """Return the name in a manifest; cached, because it is read for every segment, until the file changes."""
    return str(_parse(read_file(folder, MANIFEST, "the pack's folder", MANIFEST_MOST_BYTES))["name"])


def read_pack(folder: Path) -> Pack:
    """Read and check everything except the contents of the ONNX files.

    Raises InvalidPack with all faults; each names the file and the field.
    """
    faults = Faults()
    pack = draft_pack(folder, faults)
    faults.raise_any()
    return pack


def check_pack(folder: Path) -> Pack:
    """Read a pack as `read_pack`, and check its networks against their sha256, for whoever does not open them."""
    faults = Faults()
    pack = draft_pack(folder, faults)
    for file, field in pack.networks.items():
        if sha256 := pack.manifest.sha256s.get(file):
            faults.holds(check_file, pack.folder, file, field, sha256)
    faults.raise_any()
    return pack


def draft_pack(folder: Path, faults: Faults) -> Pack:
    """Return a pack as far as it can be read, after adding its faults. Raises InvalidPack if its pack.toml cannot.

    With faults, it has the members and the occurrence model whose networks can be compared with it all the same.
    """
    folder = folder.resolve()
    draft, sha256 = _draft_manifest(folder, faults)
    return PackDraft(folder, draft, faults).read(sha256)


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """Return pack.toml, parsed, and its sha256. Raises InvalidPack with all of its faults."""
    faults = Faults()
    draft, sha256 = _draft_manifest(folder.resolve(), faults)
    faults.raise_any()
    return draft.manifest, sha256


def _draft_manifest(folder: Path, faults: Faults) -> tuple[ManifestDraft, str]:
    where = f"{folder.name}/{MANIFEST}"
    content = read_file(folder, MANIFEST, "the pack's folder", MANIFEST_MOST_BYTES)
    try:
        table = _parse(content)
    except ValueError as error:
        raise InvalidPack(f"{where}: {error}") from error
    return draft_manifest(table, where, faults), hashlib.sha256(content).hexdigest()


def _parse(content: bytes) -> Mapping[str, Any]:
    """Return the tables of a pack.toml. Raises ValueError."""
    if len(max(content.splitlines(), key=len, default=b"")) > _MOST_LINE:
        raise ValueError(f"has a line of more than {_MOST_LINE:,} bytes: break it")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"is not encoded in UTF-8: {error} (line {line})") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply: a pack.toml needs tables of two levels") from error
