"""Reads and checks a model pack, except for its networks (`session` opens them)."""

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.packs.manifest import Manifest, MemberTable, parse_manifest

MANIFEST = "pack.toml"
TAXON_COLUMNS = ("code", "scientific_name", "common_name", "taxonomic_class")
RULE_COLUMNS = ("onset_threshold", "offset_threshold", "min_event_s", "min_gap_s")


@dataclass(frozen=True, slots=True)
class Member:
    """A network that has not been opened yet, and the taxa of its outputs."""

    name: str
    """Folder and file, for messages."""
    table: MemberTable
    path: Path
    columns: NDArray[np.intp] | None
    """(n_columns,), the taxon of each output column; None: all taxa, in their order."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack whose text files were checked and whose networks have the sha256 named in pack.toml."""

    folder: Path
    manifest: Manifest
    manifest_sha256: str
    taxa: tuple[Taxon, ...]
    rules: EventRules
    members: tuple[Member, ...]
    occurrence_path: Path | None
    golden_path: Path | None


def installed_packs(packs_dir: Path) -> dict[str, Path]:
    """Return the packs' folders by the name in the manifest, or by the folder's name if the manifest cannot be read."""
    return {_name_pack(manifest): manifest.parent for manifest in sorted(packs_dir.glob(f"*/{MANIFEST}"))}


def _name_pack(manifest: Path) -> str:
    try:
        return _read_name(manifest, manifest.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError):
        return manifest.parent.name


@lru_cache
def _read_name(manifest: Path, _changed_ns: int) -> str:
    """Return the name in a manifest; cached, because it is read for every segment, until the file changes."""
    return str(tomllib.loads(manifest.read_text("utf-8"))["name"])


def read_pack(folder: Path) -> Pack:
    """Read and check everything except the contents of the ONNX files.

    Raises InvalidPack; its message names the file and the field.
    """
    folder = folder.resolve()
    manifest, manifest_sha256 = read_manifest(folder)
    taxa, rules = _read_taxa(_file_in(folder, manifest.taxa, "taxa"), EventRule(**manifest.detection.model_dump()))
    members = tuple(_read_member(folder, table, taxa) for table in manifest.member)
    _check_coverage(folder / manifest.taxa, taxa, members)
    occurrence = manifest.occurrence
    return Pack(
        folder,
        manifest,
        manifest_sha256,
        taxa,
        rules,
        members,
        _checked_file(folder, occurrence.file, occurrence.sha256, "occurrence.file") if occurrence else None,
        _file_in(folder, manifest.golden, "golden") if manifest.golden else None,
    )


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """Return pack.toml, parsed, and its sha256. Raises InvalidPack."""
    folder = folder.resolve()
    content = _file_in(folder, MANIFEST, "the pack's folder").read_bytes()
    try:
        return parse_manifest(tomllib.loads(content.decode())), hashlib.sha256(content).hexdigest()
    except ValueError as error:
        raise InvalidPack(f"{name_of(folder / MANIFEST)}: {error}") from error


def name_of(path: Path) -> str:
    """Return the name of a pack's file for messages: its folder and file, without the path to the packs directory."""
    return f"{path.parent.name}/{path.name}"


def _file_in(folder: Path, name: str, field: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder):
        raise InvalidPack(f"{folder.name}/{MANIFEST}: {field}: {name} is outside the pack")
    if not path.is_file():
        raise InvalidPack(f"{folder.name}/{name}: there is no such file (named in {field})")
    return path


def _checked_file(folder: Path, name: str, sha256: str, field: str) -> Path:
    path = _file_in(folder, name, field)
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != sha256:
        raise InvalidPack(
            f"{folder.name}/{name}: sha256 is {actual}, but {MANIFEST} says {sha256}: "
            "the file was changed or cut short; fetch or export it again"
        )
    return path


def _read_taxa(path: Path, default: EventRule) -> tuple[tuple[Taxon, ...], EventRules]:
    taxa: dict[str, Taxon] = {}
    by_taxon: dict[str, EventRule] = {}
    for line, row in _rows(path):
        taxon = Taxon(*(row[column] for column in TAXON_COLUMNS))
        if not taxon.code or taxon.code in taxa:
            raise InvalidPack(f"{name_of(path)}: line {line}: code: {taxon.code!r} is empty or appears twice")
        taxa[taxon.code] = taxon
        own = {column: row[column] for column in RULE_COLUMNS if row.get(column)}
        if own:
            by_taxon[taxon.code] = _own_rule(own, default, f"{name_of(path)}: line {line}")
    if not taxa:
        raise InvalidPack(f"{name_of(path)}: code: the table has no taxa")
    return tuple(taxa.values()), EventRules(default, by_taxon)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the cells by column name of each row."""
    try:
        reader = csv.DictReader(io.StringIO(_text_of(path), newline=""), strict=True)
        _check_header(path, reader.fieldnames or [])
        for row in reader:
            if None in row or None in row.values():
                raise InvalidPack(f"{name_of(path)}: line {reader.line_num}: has more or fewer cells than the header")
            yield reader.line_num, {column: cell.strip() for column, cell in row.items()}
    except csv.Error as error:
        raise InvalidPack(f"{name_of(path)}: is not a CSV file: {error}") from error


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidPack(f"{name_of(path)}: is not encoded in UTF-8: {error}") from error


def _check_header(path: Path, header: Iterable[str]) -> None:
    for column in set(TAXON_COLUMNS).difference(header):
        raise InvalidPack(f"{name_of(path)}: {column}: this column is missing")
    for column in set(header).difference(TAXON_COLUMNS, RULE_COLUMNS):
        raise InvalidPack(f"{name_of(path)}: {column}: unknown column; check its spelling")


def _own_rule(own: dict[str, str], default: EventRule, where: str) -> EventRule:
    """Return a taxon's own rule; an onset threshold set alone lowers the offset threshold to at most its value."""
    try:
        values = {column: float(cell) for column, cell in own.items()}
    except ValueError as error:
        raise InvalidPack(f"{where}: {error}") from error
    rule = replace(default, **values)
    if "offset_threshold" not in values:
        rule = replace(rule, offset_threshold=min(rule.offset_threshold, rule.onset_threshold))
    if not 0 <= rule.offset_threshold <= rule.onset_threshold <= 1:
        raise InvalidPack(
            f"{where}: onset_threshold: 0 ≤ offset_threshold ≤ onset_threshold ≤ 1 does not hold for "
            f"{rule.offset_threshold} and {rule.onset_threshold}"
        )
    if not (0 <= rule.min_event_s < float("inf") and 0 <= rule.min_gap_s < float("inf")):
        raise InvalidPack(f"{where}: min_event_s and min_gap_s must be finite seconds ≥ 0")
    return rule


def _read_member(folder: Path, table: MemberTable, taxa: tuple[Taxon, ...]) -> Member:
    path = _checked_file(folder, table.file, table.sha256, "member.file")
    columns = _read_columns(_file_in(folder, table.columns, "member.columns"), taxa) if table.columns else None
    return Member(f"{folder.name}/{table.file}", table, path, columns)


def _read_columns(path: Path, taxa: tuple[Taxon, ...]) -> NDArray[np.intp]:
    position = {taxon.code: number for number, taxon in enumerate(taxa)}
    codes = [line.strip() for line in _text_of(path).splitlines()]
    for line, code in enumerate(codes, start=1):
        if code not in position:
            raise InvalidPack(f"{name_of(path)}: line {line}: {code!r} is not a code of the taxa table")
    if len(set(codes)) < len(codes):
        raise InvalidPack(f"{name_of(path)}: a code appears twice: each taxon has one column")
    return np.array([position[code] for code in codes], np.intp)


def _check_coverage(path: Path, taxa: tuple[Taxon, ...], members: Iterable[Member]) -> None:
    """Raise InvalidPack for a taxon that no member scores: it would look as if it never called."""
    covered = np.zeros(len(taxa), bool)
    for member in members:
        covered[slice(None) if member.columns is None else member.columns] = True
    if not covered.all():
        code = taxa[int(np.argmin(covered))].code
        raise InvalidPack(f"{name_of(path)}: {code}: no member scores this taxon; see the members' columns")
