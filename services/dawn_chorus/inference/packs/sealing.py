"""Writes the table [files] of a pack.toml, the sha256 of every file, and the key `golden`, for whoever makes a pack."""

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.names import MANIFEST, find_fault, shown

_TABLE = "[files]"
_TABLE_LINE = re.compile(r"""\s*\[\s*(files|"files"|'files')\s*\]\s*(#.*)?""")
_GOLDEN = "golden.npz"


def seal_pack(folder: Path) -> None:
    """Write the sha256 of all files in the folder into its pack.toml; a pack of schema 1 has no such table, and stays.

    Call it last: a file that changes afterwards no longer belongs to the pack. Hidden files are left out. Raises
    InvalidPack for a pack.toml that is no TOML, or has [files] where it cannot be replaced.
    """
    text = _read_text(folder)
    tables = _parse(folder, text)
    if tables.get("schema") == 1:
        return
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    kept = [name for name in names if name != MANIFEST and not any(part.startswith(".") for part in name.split("/"))]
    lines = [f"{json.dumps(name, ensure_ascii=False)} = {json.dumps(_sha256(folder / name))}" for name in kept]
    sealed = "\n".join([_without_table(text).rstrip(), "", _TABLE, *lines, ""])
    if not _is_same(_parse(folder, sealed) | {"files": None}, tables | {"files": None}):
        raise InvalidPack(f"{folder.name}/{MANIFEST}: files: is not a table {_TABLE} that can be replaced: remove it")
    replace_file(folder / MANIFEST, sealed.encode())


def name_golden(folder: Path) -> str:
    """Return the golden file that pack.toml names; where it names none, add the key. Raises InvalidPack."""
    text = _read_text(folder)
    tables = _parse(folder, text)
    golden = tables.get("golden")
    if golden is None:
        golden, line = _GOLDEN, f"golden = {json.dumps(_GOLDEN)}\n"
        first_table = re.search(r"^\s*\[", text, re.MULTILINE)
        at = len(text) if first_table is None else first_table.start()
        named = f"{text[:at].rstrip()}\n{line}{text[at:]}"
        # A line that looks like a table may be part of a long text: then the key goes first.
        if not _is_toml_of(named, tables | {"golden": golden}):
            named = line + text
        replace_file(folder / MANIFEST, named.encode())
    if not isinstance(golden, str) or find_fault(golden):
        raise InvalidPack(f'{folder.name}/{MANIFEST}: golden: {shown(golden)} is no name of a file: set "{_GOLDEN}"')
    return golden


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; other names that the older file has keep it as it was."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    new.replace(path)


def _read_text(folder: Path) -> str:
    try:
        return (folder / MANIFEST).read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InvalidPack(f"{folder.name}/{MANIFEST}: is not UTF-8: {error}") from error


def _parse(folder: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidPack(f"{folder.name}/{MANIFEST}: {error}") from error


def _is_toml_of(text: str, tables: dict[str, Any]) -> bool:
    try:
        return _is_same(tomllib.loads(text), tables)
    except ValueError:
        return False


def _is_same(tables: dict[str, Any], others: dict[str, Any]) -> bool:
    """Compare as text, where what is not a number equals itself."""
    one, other = (json.dumps(each, sort_keys=True, default=str) for each in (tables, others))
    return one == other


def _without_table(text: str) -> str:
    kept, inside = [], False
    for line in text.splitlines():
        if line.lstrip().startswith("["):
            inside = _TABLE_LINE.fullmatch(line) is not None
        if not inside:
            kept.append(line)
    return "\n".join(kept)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
