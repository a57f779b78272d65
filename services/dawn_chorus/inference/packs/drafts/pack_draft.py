"""Reads the folder of a pack as far as it goes, with a draft of its manifest."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.packs.contents import Member, Pack
from dawn_chorus.inference.packs.drafts.manifest_draft import ManifestDraft
from dawn_chorus.inference.packs.faults import Faults
from dawn_chorus.inference.packs.files import TABLE_MOST_BYTES, check_content, check_file, read_file, require_file
from dawn_chorus.inference.packs.manifest_tables import MemberTable
from dawn_chorus.inference.packs.names import find_fault, shown
from dawn_chorus.inference.packs.tables import MOST_TOLD, CodeTable, TaxaTable, draft_codes, draft_taxa

_OF_SCORES = {"weight", "temperature", "resampler", "sha256", "peak", "waveform_scale", "remove_mean"}
"""What is wrong with these keys of a member changes nothing that its network has to have."""
_ANY_RULE = EventRule(1.0, 0.0, 0.0, 0.0)
"""Stands for a rule that is wrong: no taxon's own thresholds contradict it."""


class PackDraft:
    """Reads what a draft of a manifest names, each file once, and collects the faults."""

    def __init__(self, folder: Path, draft: ManifestDraft, faults: Faults) -> None:
        self._folder, self._draft, self._manifest, self._faults = folder, draft, draft.manifest, faults
        self._sha256s = draft.manifest.sha256s
        self._codes: dict[str, CodeTable | None] = {}
        self._read: set[str] = set()
        self._has_network: set[int] = set()
        """Numbers of the members whose networks are there."""
        self._knows_scored = True
        """Whether it is known which taxa the members score."""

    def read(self, manifest_sha256: str) -> Pack:
        """Return the pack with the members, and the occurrence model, whose networks can be compared with it."""
        manifest, draft = self._manifest, self._draft
        table = self._read_taxa()
        table = table or TaxaTable((), EventRules(_ANY_RULE, {}), is_whole=False, n_doubtful=0)
        taxa = table.taxa
        members = [self._read_member(number, each, table) for number, each in enumerate(manifest.member)]
        if table.is_whole and self._knows_scored:
            self._check_coverage(taxa, [member for member in members if member])
        if manifest.golden and draft.is_true("golden"):
            self._faults.holds(require_file, self._folder, manifest.golden, "golden")
        comparable = [
            member
            for number, member in enumerate(members)
            if taxa and member and number in self._has_network and draft.faulty_keys("member", number) <= _OF_SCORES
        ]
        if not taxa or table.n_doubtful or not draft.is_true("occurrence") or draft.faulty_keys("occurrence"):
            manifest = manifest.model_copy(update={"occurrence": None})
        pack = Pack(self._folder, manifest, manifest_sha256, taxa, table.rules, tuple(comparable))
        self._check_hashes(set(pack.networks))
        return pack

    def _read_taxa(self) -> TaxaTable | None:
        name = self._manifest.taxa
        content = self._read_table(name, "taxa") if self._draft.is_true("taxa") else None
        if content is None:
            return None
        is_known = self._draft.is_true("detection") and not self._draft.faulty_keys("detection")
        default = EventRule(**self._manifest.detection.model_dump()) if is_known else _ANY_RULE
        return draft_taxa(content, self._where(name), default, self._faults)

    def _read_member(self, number: int, table: MemberTable, taxa_table: TaxaTable) -> Member | None:
        """Return a member, which scores its taxa without its network, too; None if its own tables cannot be read."""
        taxa = taxa_table.taxa
        has_file, *is_own = (self._draft.is_true("member", number, key) for key in ("file", "columns", "excludes"))
        if has_file and self._faults.holds(require_file, self._folder, table.file, "member.file"):
            self._has_network.add(number)
        columns = self._read_codes(table.columns, "member.columns", taxa)
        excludes = self._read_codes(table.excludes, "member.excludes", taxa)
        named = [codes for codes, name in ((columns, table.columns), (excludes, table.excludes)) if name is not None]
        is_known = all(is_own) and all(codes is not None and codes.is_whole for codes in named)
        self._knows_scored &= is_known
        if None in named:
            return None
        own = None if columns is None else columns.taxa
        kept = None
        if is_known and table.excludes and excludes and taxa:
            kept = self._keep_others(excludes.taxa, own, self._where(table.excludes), taxa)
        n_doubtful = taxa_table.n_doubtful if columns is None else columns.n_doubtful
        return Member(self._where(table.file), table, own, kept, n_doubtful)

    def _read_codes(self, name: str | None, field: str, taxa: tuple[Taxon, ...]) -> CodeTable | None:
        """Return a table of codes, which several members may share; None: no name, or no such table."""
        if name is None:
            return None
        if name not in self._codes:
            content = self._read_table(name, field)
            where, known = self._where(name), taxa or None
            self._codes[name] = None if content is None else draft_codes(content, where, known, self._faults)
        return self._codes[name]

    def _read_table(self, name: str, field: str) -> bytes | None:
        """Return the content of a table, also where it is not what its sha256 says: its faults are told, too."""
        content = self._faults.attempt(read_file, self._folder, name, field, TABLE_MOST_BYTES)
        self._read.add(name)
        if content is not None and name in self._sha256s:
            self._faults.holds(check_content, self._folder, name, content, self._sha256s[name])
        return content

    def _keep_others(
        self, excluded: NDArray[np.intp], columns: NDArray[np.intp] | None, where: str, taxa: tuple[Taxon, ...]
    ) -> NDArray[np.intp] | None:
        """Return the columns, by position, that a member's `excludes` leave to it."""
        faults = Faults(MOST_TOLD, f"{where}: ")
        own = np.arange(len(taxa)) if columns is None else columns
        for line in np.flatnonzero(~np.isin(excluded, own)).tolist():
            code = shown(taxa[int(excluded[line])].code)
            faults.add(f"{where}: line {line + 1}: {code!r} is not among the member's columns")
        kept: NDArray[np.intp] = np.flatnonzero(~np.isin(own, excluded))
        if not len(kept):
            faults.add(f"{where}: leaves the member no taxon to score: remove the member, or some of these codes")
        self._faults.add(*faults.lines())
        self._knows_scored &= not faults
        return kept

    def _check_coverage(self, taxa: tuple[Taxon, ...], members: list[Member]) -> None:
        """Add a fault for each taxon that no member scores: it would look as if it never called."""
        where = self._where(self._manifest.taxa)
        faults = Faults(MOST_TOLD, f"{where}: ")
        covered = np.zeros(len(taxa), bool)
        for member in members:
            scored = member.scored_taxa
            covered[slice(None) if scored is None else scored] = True
        for row in np.flatnonzero(~covered).tolist():
            faults.add(
                f"{where}: {shown(taxa[row].code)}: no member scores this taxon; see the members' columns and excludes"
            )
        self._faults.add(*faults.lines())

    def _check_hashes(self, left_out: set[str]) -> None:
        """Check all files that have a sha256, except for those that were read, and the networks that will be."""
        fields = self._manifest.networks
        for name, sha256 in self._sha256s.items():
            if name not in self._read | left_out and not find_fault(name):
                self._faults.holds(check_file, self._folder, name, fields.get(name, "[files]"), sha256)

    def _where(self, name: str) -> str:
        return f"{self._folder.name}/{name}"
