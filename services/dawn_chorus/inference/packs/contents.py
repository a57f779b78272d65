"""What a pack contains, as far as its files were read."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.packs.manifest import Manifest
from dawn_chorus.inference.packs.manifest_tables import MemberTable
from dawn_chorus.inference.packs.network_file import NetworkFile, read_network


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
    n_doubtful: int = 0
    """Of a pack with faults: how many lines of the table that counts the columns may be none."""

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

    @property
    def networks(self) -> dict[str, str]:
        """The keys of pack.toml that name the networks, by file."""
        files = {member.table.file: "member.file" for member in self.members}
        occurrence = self.manifest.occurrence
        return files if occurrence is None else {occurrence.file: "occurrence.file", **files}

    def network(self, file: str, field: str) -> NetworkFile:
        """Return a network, named in `field` of pack.toml. Raises InvalidPack."""
        sha256s, lists_all = self.manifest.sha256s, self.manifest.schema_version > 1
        return read_network(self.folder, file, field, sha256s, lists_all=lists_all)
