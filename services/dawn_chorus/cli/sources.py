"""Which recordings a command was asked to work on, and where their results go."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.domain.errors import PermanentError

LOSSLESS = {".wav", ".wave", ".w64", ".rf64", ".flac", ".aif", ".aiff", ".aifc", ".au", ".caf", ".wv"}
LOSSY = {".mp2", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".aac", ".webm", ".mka", ".wma", ".amr"}
AUDIO_SUFFIXES = LOSSLESS | LOSSY


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read, and its name within the folder that was asked for."""

    path: Path
    name: Path


def find_sources(paths: Iterable[Path]) -> list[Source]:
    """Return named files as they are and, in name order, every file in named folders that looks like audio.

    A file that was named but is missing or no audio is found out when it is read: it must not stop the others.
    """
    return [source for path in paths for source in (_in_folder(path) if path.is_dir() else [_named(path)])]


def _named(path: Path) -> Source:
    return Source(path, Path(path.name))


def _in_folder(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.rglob("*")):
        # macOS leaves a `._name` beside every file on foreign disks; it has the suffix and no sound.
        if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith("._") and path.is_file():
            yield Source(path, path.relative_to(folder))


def targets_of(sources: Iterable[Source], folder: Path, suffix: str) -> dict[Path, Path]:
    """Say where the result of each source goes, by its path: its name, with its own suffix, and `suffix`.

    Raises PermanentError where two of them would be written to one file.
    """
    targets: dict[Path, Path] = {}
    taken: dict[Path, Path] = {}
    for source in sources:
        target = folder / source.name.with_name(source.name.name + suffix)
        if taken.setdefault(target, source.path) != source.path:
            raise PermanentError(
                f"{taken[target]} and {source.path} would both be written to {target}: give each its own --out"
            )
        targets[source.path] = target
    return targets
