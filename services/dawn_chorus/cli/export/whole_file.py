"""A file that is there whole, or not at all: bytes go to another name beside it, which becomes its own at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dawn_chorus.domain.errors import PermanentError


def target_of(out: Path, name: str) -> Path:
    """Return the file to write: `out`, or in that folder one of this name. Raises PermanentError if it is there."""
    target = out / (Path(name).name or "export") if out.is_dir() else out
    if target.exists():
        raise PermanentError(f"{target} is there already: remove it, or name another file with --out")
    if not target.parent.is_dir():
        raise PermanentError(f"there is no folder {target.parent}: make it, or name another with --out")
    return target


def part_of(target: Path, mark: str) -> Path:
    """Return the name that a file has until it is whole."""
    return target.with_name(f".{target.name}.{mark}.part")


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """Yield the file to write; it appears under its name when the block ends, and nothing is left after an error."""
    part = part_of(target, str(os.getpid()))
    try:
        with part.open("wb") as file:
            yield file
        finish(part, target)
    finally:
        part.unlink(missing_ok=True)


def finish(part: Path, target: Path) -> None:
    """Rename a whole file to what it is called. Raises PermanentError if another file has got it meanwhile."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(part, target)
    except FileExistsError as error:
        raise PermanentError(f"{target} came meanwhile: remove it, or name another file with --out") from error
    except OSError:  # FAT and some network disks know no links
        part.rename(target)
    part.unlink(missing_ok=True)
