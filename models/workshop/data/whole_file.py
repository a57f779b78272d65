"""Files that are there whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a name beside `path` to write under, which becomes `path` at the end: a killed run leaves no half of it."""
    partial = path.with_name(path.name + ".part")
    yield partial
    partial.replace(path)
