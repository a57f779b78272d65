"""Reads and checks a model pack, except for its networks (`session` opens them)."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.packs.files import (
    MANIFEST_MOST_BYTES,
    TABLE_MOST_BYTES,
    FileState,
    check_file,
    file_state,
    read_file,
    require_file,
)
from dawn_chorus.inference.packs.manifest import Manifest, parse_manifest
from dawn_chorus.inference.packs.manifest_tables import MemberTable
from dawn_chorus.inference.packs.names import MANIFEST, shown
from dawn_chorus.inference.packs.network_file import NetworkFile, read_network
from dawn_chorus.inference.packs.tables import read_columns, read_taxa

_MOST_LINE = 4096
"""tomllib takes time by the square of a key's parts, and any line may be one key."""


@dataclass(frozen=True, slots=True)
class Member:
    """A network that has not been opened yet, and the taxa of its outputs."""

    name: str
    """Folder and file, for messages."""
    table: MemberTable
    columns: NDArray[np.intp] | None
    """(n_columns,), the taxon of each output column; None: all taxa, in their order."""
    kept: NDArray[np.intp] | None = None
    """(n_kept,), the output columns that are not left to other members; None: all."""

    @property
    def scored_taxa(self) -> NDArray[np.intp] | None:
        """(n_kept,), the taxon of each column that counts; None: all taxa, in their order."""
        if self.kept is None or self.columns is None:
            return self.columns if self.kept is None else self.kept
        return self.columns[self.kept]


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack whose files were checked, except for its networks: these are checked as `network` reads them."""

    folder: Path
    manifest: Manifest
    manifest_sha256: str
    """From schema 2 on it stands for all files of the pack, because pack.toml holds the sha256 of each."""
    taxa: tuple[Taxon, ...]
    rules: EventRules
    members: tuple[Member, ...]

    def network(self, file: str, field: str) -> NetworkFile:
        """Return a network, named in `field` of pack.toml. Raises InvalidPack."""
        sha256s, lists_all = self.manifest.sha256s, self.manifest.files is not None
        return read_network(self.folder, file, field, sha256s, lists_all=lists_all)


def installed_packs(packs_dir: Path) -> dict[str, Path]:
    """Return the packs' folders by the name in the manifest, or by the folder's name if the manifest cannot be read."""
    return {_name_pack(manifest): manifest.parent for manifest in sorted(packs_dir.glob(f"*/{MANIFEST}"))}


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

    Raises InvalidPack; its message names the file and the field.
    """
    folder = folder.resolve()
    manifest, manifest_sha256 = read_manifest(folder)
    default = EventRule(**manifest.detection.model_dump())
    taxa_csv = _read_table(folder, manifest, manifest.taxa, "taxa")
    taxa, rules = read_taxa(taxa_csv, f"{folder.name}/{manifest.taxa}", default)
    members = tuple(_read_member(folder, manifest, table, taxa) for table in manifest.member)
    _check_coverage(f"{folder.name}/{manifest.taxa}", taxa, members)
    if manifest.golden:
        require_file(folder, manifest.golden, "golden")
    pack = Pack(folder, manifest, manifest_sha256, taxa, rules, members)
    networks = manifest.networks
    _check_hashes(pack, (name for name in manifest.files or () if name not in networks))
    return pack


def check_networks(pack: Pack) -> None:
    """Check the networks against their sha256, for whoever does not open them. Raises InvalidPack."""
    _check_hashes(pack, pack.manifest.networks)


def _check_hashes(pack: Pack, names: Iterable[str]) -> None:
    for name in names:
        field = pack.manifest.networks.get(name, "[files]")
        check_file(pack.folder, name, field, pack.manifest.sha256s[name])


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """Return pack.toml, parsed, and its sha256. Raises InvalidPack."""
    folder = folder.resolve()
    content = read_file(folder, MANIFEST, "the pack's folder", MANIFEST_MOST_BYTES)
    try:
        table = _parse(content)
    except ValueError as error:
        raise InvalidPack(f"{folder.name}/{MANIFEST}: {error}") from error
    return parse_manifest(table, f"{folder.name}/{MANIFEST}"), hashlib.sha256(content).hexdigest()


def _parse(content: bytes) -> Mapping[str, Any]:
    """Return the tables of a pack.toml. Raises ValueError."""
    if len(max(content.splitlines(), key=len, default=b"")) > _MOST_LINE:
        raise ValueError(f"has a line of more than {_MOST_LINE:,} bytes: break it")
    try:
        return tomllib.loads(content.decode())
    except RecursionError as error:
        raise ValueError("is nested too deeply: a pack.toml needs tables of two levels") from error


def _read_table(folder: Path, manifest: Manifest, name: str, field: str) -> bytes:
    return read_file(folder, name, field, TABLE_MOST_BYTES, manifest.sha256s.get(name))


def _read_member(folder: Path, manifest: Manifest, table: MemberTable, taxa: tuple[Taxon, ...]) -> Member:
    columns = None
    require_file(folder, table.file, "member.file")
    if table.columns is not None:
        content = _read_table(folder, manifest, table.columns, "member.columns")
        columns = read_columns(content, f"{folder.name}/{table.columns}", taxa)
    kept = None
    if table.excludes is not None:
        content = _read_table(folder, manifest, table.excludes, "member.excludes")
        where = f"{folder.name}/{table.excludes}"
        kept = _keep_others(read_columns(content, where, taxa), columns, where, taxa)
    return Member(f"{folder.name}/{table.file}", table, columns, kept)


def _keep_others(
    excluded: NDArray[np.intp], columns: NDArray[np.intp] | None, where: str, taxa: tuple[Taxon, ...]
) -> NDArray[np.intp]:
    """Return the columns, by position, that a member's `excludes` leave to it. Raises InvalidPack."""
    own = np.arange(len(taxa)) if columns is None else columns
    foreign = np.flatnonzero(~np.isin(excluded, own))
    if len(foreign):
        code = shown(taxa[int(excluded[foreign[0]])].code)
        raise InvalidPack(f"{where}: line {foreign[0] + 1}: {code!r} is not among the member's columns")
    kept: NDArray[np.intp] = np.flatnonzero(~np.isin(own, excluded))
    if not len(kept):
        raise InvalidPack(f"{where}: leaves the member no taxon to score: remove the member, or some of these codes")
    return kept


def _check_coverage(where: str, taxa: tuple[Taxon, ...], members: Iterable[Member]) -> None:
    """Raise InvalidPack for a taxon that no member scores: it would look as if it never called."""
    covered = np.zeros(len(taxa), bool)
    for member in members:
        scored = member.scored_taxa
        covered[slice(None) if scored is None else scored] = True
    if not covered.all():
        code = taxa[int(np.argmin(covered))].code
        raise InvalidPack(f"{where}: {code}: no member scores this taxon; see the members' columns and excludes")
