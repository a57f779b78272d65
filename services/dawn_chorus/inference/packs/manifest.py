"""The whole pack.toml: what it names, and which of its files have a sha256."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from dawn_chorus.domain.names import is_control
from dawn_chorus.inference.packs.manifest_tables import (
    DetectionTable,
    MemberTable,
    OccurrenceTable,
    ScoreTable,
    Sha256,
)
from dawn_chorus.inference.packs.mel_table import Table
from dawn_chorus.inference.packs.names import MANIFEST, find_fault, find_twins, shown


class Manifest(Table):
    """The whole pack.toml."""

    schema_version: Literal[1, 2] = Field(alias="schema")
    """2: `files` holds the sha256 of every file. 1: only networks have one, and keep all weights in their own file."""
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
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
        columns = [(f"member[{number}].columns", table.columns) for number, table in enumerate(self.member)]
        others = [("taxa", self.taxa), ("golden", self.golden), *columns]
        networks = [(f"{place}.file", file) for place, file, _ in self._networks()]
        return networks + [(key, name) for key, name in others if name is not None]

    @model_validator(mode="after")
    def _check(self) -> Self:
        for key, text in (("version", self.version), ("license", self.license), ("attribution", self.attribution)):
            if any(is_control(char) and char not in "\n\t" for char in text):
                raise ValueError(f"{key}: holds a control character")
        if self.files is None:
            self._check_schema_1()
        else:
            self._check_files(self.files)
        return self

    def _check_schema_1(self) -> None:
        if self.schema_version > 1:
            raise ValueError("files: is missing: list the sha256 of every file of the pack in [files]")
        for place, _, sha256 in self._networks():
            if sha256 is None:
                raise ValueError(f"{place}.sha256: is missing")

    def _check_files(self, files: Mapping[str, str]) -> None:
        if self.schema_version == 1:
            raise ValueError("files: belongs to schema = 2; set it, or remove [files]")
        for name in files:
            if fault := find_fault(name):
                raise ValueError(f"files: {shown(name)}: {fault}")
        if twins := find_twins([*files, MANIFEST]):
            raise ValueError(f"files: {shown(twins[0])} and {shown(twins[1])} are one file on some systems; rename one")
        if MANIFEST in files:
            raise ValueError(f"files: {MANIFEST}: cannot hold its own sha256; remove it")
        for key, name in self._named():
            if name not in files:
                raise ValueError(f"{key}: {shown(name)} is not listed in [files]; add it with its sha256")
        for place, file, sha256 in self._networks():
            if sha256 not in {None, files[file]}:
                raise ValueError(f"{place}.sha256: is not that of [files]; remove it here")


def parse_manifest(table: Mapping[str, Any]) -> Manifest:
    """Return the checked manifest.

    Raises ValueError, one line that begins with the field, for the first key that is wrong.
    """
    try:
        return Manifest.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{_field_name(first['loc'])}{_reason(first['type'], first['msg'])}") from error


def _field_name(loc: tuple[int | str, ...]) -> str:
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in loc)
    return f"{parts.lstrip('.')}: " if parts else ""


def _reason(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key; check its spelling"
    if kind == "missing":
        return "is missing"
    return message.removeprefix("Value error, ")
