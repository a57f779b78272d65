"""The whole pack.toml: what it names, and which of its files have a sha256."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from dawn_chorus.domain.names import is_control
from dawn_chorus.inference.packs.manifest_tables import (
    DetectionTable,
    MemberTable,
    OccurrenceTable,
    ScoreTable,
    Sha256,
)
from dawn_chorus.inference.packs.member_rules import find_schema_2_keys
from dawn_chorus.inference.packs.names import MANIFEST, MOST_PACK_NAME, PACK_NAME, find_fault, find_twins, shown
from dawn_chorus.inference.packs.table import Table


class Manifest(Table):
    """The whole pack.toml."""

    schema_version: Literal[1, 2] = Field(alias="schema")
    """2: `files` holds the sha256 of every file. 1: only networks have one, and keep all weights in their own file."""
    name: str = Field(pattern=f"^{PACK_NAME}$", max_length=MOST_PACK_NAME)
    version: str = Field(min_length=1, max_length=100)
    license: str = Field(min_length=1)
    """SPDX expression of the weights."""
    attribution: str
    taxa: str = "taxa.csv"
    frame_s: float = Field(default=0.5, gt=0)
    golden: str | None = None
    score: ScoreTable = ScoreTable()
    detection: DetectionTable = DetectionTable()
    member: tuple[MemberTable, ...] = Field(min_length=1, max_length=100, strict=False)
    occurrence: OccurrenceTable | None = None
    files: dict[str, Sha256] | None = Field(default=None, min_length=1, max_length=1000)
    """The sha256 of every file of the pack but pack.toml, by its path within the folder."""

    @property
    def networks(self) -> dict[str, str]:
        """The keys that name the networks, by file."""
        places = {table.file: "member.file" for table in self.member}
        return places if self.occurrence is None else {self.occurrence.file: "occurrence.file", **places}

    @property
    def sha256s(self) -> dict[str, str]:
        """The sha256 of each file that has one, by name."""
        own = {file: sha256 for _, file, sha256 in self._networks() if sha256 is not None}
        return self.files or own

    def _networks(self) -> list[tuple[str, str, str | None]]:
        """Return place, file and own sha256 of each network."""
        found = [(f"member[{number}]", table.file, table.sha256) for number, table in enumerate(self.member)]
        return found + ([("occurrence", self.occurrence.file, self.occurrence.sha256)] if self.occurrence else [])

    def _named(self) -> list[tuple[str, str]]:
        """Return every key that names a file, and the name."""
        members = list(enumerate(self.member))
        columns = [(f"member[{number}].columns", table.columns) for number, table in members]
        columns += [(f"member[{number}].excludes", table.excludes) for number, table in members]
        others = [("taxa", self.taxa), ("golden", self.golden), *columns]
        networks = [(f"{place}.file", file) for place, file, _ in self._networks()]
        return networks + [(key, name) for key, name in others if name is not None]

    def find_faults(self) -> Iterator[str]:
        for key, text in (("version", self.version), ("license", self.license), ("attribution", self.attribution)):
            if any(is_control(char) and char not in "\n\t" for char in text):
                yield f"{key}: holds a control character"
        if self.schema_version == 1:
            yield from find_schema_2_keys(self.member)
        if self.files is None:
            yield from self._schema_1_faults()
        else:
            yield from self._files_faults(self.files)

    def _schema_1_faults(self) -> Iterator[str]:
        if self.schema_version > 1:
            yield "files: is missing: list the sha256 of every file of the pack, as `chorus models seal FOLDER` does"
        for place, _, sha256 in self._networks():
            if sha256 is None:
                yield f"{place}.sha256: is missing"

    def _files_faults(self, files: Mapping[str, str]) -> Iterator[str]:
        if self.schema_version == 1:
            yield "files: belongs to schema = 2; set it, or remove [files]"
        for name in files:
            if fault := find_fault(name):
                yield f"files: {shown(name)}: {fault}"
        if twins := find_twins([*files, MANIFEST]):
            yield f"files: {shown(twins[0])} and {shown(twins[1])} are one file on some systems; rename one"
        if MANIFEST in files:
            yield f"files: {MANIFEST}: cannot hold its own sha256; remove it"
        for key, name in self._named():
            if name not in files:
                yield f"{key}: {shown(name)} is not listed in [files]; run `chorus models seal FOLDER`"
        for place, file, sha256 in self._networks():
            if sha256 not in {None, files.get(file, sha256)}:
                yield f"{place}.sha256: is not that of [files]; remove it here"
