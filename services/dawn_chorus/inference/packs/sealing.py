"""Writes the table [files] of a pack.toml: the sha256 of every file, for whoever makes a pack."""

import hashlib
import json
import re
from pathlib import Path

from dawn_chorus.inference.packs.names import MANIFEST

_SCHEMA_1 = re.compile(r"^\s*schema\s*=\s*1\b", re.MULTILINE)
_TABLE = "[files]"


def seal_pack(folder: Path) -> None:
    """Write the sha256 of all files in the folder into its pack.toml; a pack of schema 1 has no such table, and stays.

    Call it last: a file that changes afterwards no longer belongs to the pack. Hidden files are left out.
    """
    path = folder / MANIFEST
    text = path.read_text("utf-8")
    if _SCHEMA_1.search(text):
        return
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    kept = [name for name in names if name != MANIFEST and not any(part.startswith(".") for part in name.split("/"))]
    lines = [f"{json.dumps(name)} = {json.dumps(_sha256(folder / name))}" for name in kept]
    path.write_text("\n".join([_without_table(text).rstrip(), "", _TABLE, *lines, ""]), "utf-8")


def _without_table(text: str) -> str:
    kept, inside = [], False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip() == _TABLE
        if not inside:
            kept.append(line)
    return "\n".join(kept)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
