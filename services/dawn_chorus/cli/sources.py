"""Finds the recordings that a command works on, and the files that their results go to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.domain.errors import PermanentError

LOSSLESS = {".wav", ".wave", ".w64", ".rf64", ".flac", ".aif", ".aiff", ".aifc", ".au", ".caf", ".wv"}
LOSSY = {".mp2", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".aac", ".webm", ".mka", ".wma", ".amr"}
AUDIO_SUFFIXES = LOSSLESS | LOSSY


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read."""

    path: Path
    name: Path
    """Its path relative to the folder that was given, or its file name if the file itself was given."""


def find_sources(paths: Iterable[Path]) -> list[Source]:
    """Return the given files, and every file with an audio suffix in the given folders, sorted by path.

    A given file that is missing or not audio is only reported when it is read: it must not stop the others.
    """
    return [source for path in paths for source in (_in_folder(path) if path.is_dir() else [_named(path)])]


def _named(path: Path) -> Source:
    return Source(path, Path(path.name))


def _in_folder(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.rglob("*")):
        # macOS writes a `._name` next to every file on foreign disks; it has the suffix but no sound.
        if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith("._") and path.is_file():
            yield Source(path, path.relative_to(folder))


def targets_of(sources: Iterable[Source], folder: Path, suffix: str) -> dict[Path, Path]:
    """Return the result file for each source path: `folder` / name, with `suffix` appended to the name's own suffix.

    Raises PermanentError if two sources would be written to one file.
    """
    targets: dict[Path, Path] = {}
    sources_by_target: dict[Path, Path] = {}
    for source in sources:
        target = folder / source.name.with_name(source.name.name + suffix)
        other = sources_by_target.setdefault(target, source.path)
        if other != source.path:
            raise PermanentError(
                f"{other} and {source.path} would both be written to {target}: give each its own --out"
            )
        targets[source.path] = target
    return targets
