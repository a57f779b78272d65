"""Finds the recordings that a command works on, and the files that their results go to."""

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.cli.output import print_warning
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.names import AUDIO_SUFFIXES, OTHER_AUDIO_SUFFIXES, displayed, is_junk

NAMED_AT_MOST = 5
"""How many of the files that were passed over for one reason are named; the others are counted."""
BROKEN_LINK = "broken link"
NOT_A_FILE = "a pipe, socket or device"
OTHER_FORMAT = "not a format that is looked for; convert it, or name the file itself to have it tried"


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read."""

    path: Path
    name: Path
    """Its path relative to the folder that was given, or its file name if the file itself was given."""

    @property
    def shown(self) -> str:
        """The path as text that can be printed and stored, whatever bytes it holds."""
        return displayed(self.path)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Something in a folder that is not read, and why."""

    path: Path
    reason: str
    could_be_sound: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What the given paths hold."""

    sources: tuple[Source, ...]
    passed_over: tuple[PassedOver, ...]


def find_sources(paths: Iterable[Path]) -> Found:
    """Return the given files, and every file with an audio suffix in the given folders, sorted by path.

    Links to folders are followed, and each folder is read once, under its own name if it has one in there. A given file
    that is missing or not audio is only reported when it is read: it must not stop the others.
    """
    search = _Search()
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a path that may not be looked up
            search.read_folder(path)
        else:
            search.add([Source(path, Path(path.name))])
    return Found(tuple(search.sources.values()), tuple(sorted(search.passed_over, key=lambda each: each.path)))


def report_passed_over(found: Found) -> bool:
    """Print what was passed over, a line for each reason. Return whether none of it could be sound."""
    for reason in dict.fromkeys(each.reason for each in found.passed_over):
        paths = [each.path for each in found.passed_over if each.reason == reason]
        names = ", ".join(map(displayed, paths[:NAMED_AT_MOST]))
        more = f" and {len(paths) - NAMED_AT_MOST} more" if len(paths) > NAMED_AT_MOST else ""
        print_warning(f"{len(paths)} passed over ({reason}): {names}{more}")
    return not any(each.could_be_sound for each in found.passed_over)


class _Search:
    """One search through folders."""

    def __init__(self) -> None:
        self.sources: dict[Path, Source] = {}
        self.passed_over: list[PassedOver] = []
        self._read: set[str] = set()
        """The folders that were read, without links in their paths. Some network disks give all one inode."""

    def add(self, sources: Iterable[Source]) -> None:
        for source in sources:
            self.sources.setdefault(source.path, source)

    def read_folder(self, folder: Path) -> None:
        """Read a folder with all that is below; links are followed last, so that folders keep their own names."""
        found: list[Path] = []
        waiting: list[Path] = [folder]
        links: list[Path] = []
        while waiting or links:
            current = waiting.pop() if waiting else links.pop(0)
            for entry in self._entries(current):
                path = current / entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif entry.is_symlink() and os.path.isdir(path):  # noqa: PTH112 - as above
                    links.append(path)
                elif self._is_recording(path, entry):
                    found.append(path)
            links.sort()
        self.add(Source(path, path.relative_to(folder)) for path in sorted(found))

    def _entries(self, folder: Path) -> list["os.DirEntry[str]"]:
        """Return what is in a folder, without junk; nothing if the folder was read before or cannot be opened."""
        real = os.path.realpath(folder)
        if real in self._read:
            return []
        self._read.add(real)
        try:
            with os.scandir(folder) as entries:
                return [entry for entry in entries if not is_junk(entry.name)]
        except OSError as error:
            self._pass_over(folder, f"folder: {error.strerror}", could_be_sound=True)
            return []

    def _is_recording(self, path: Path, entry: "os.DirEntry[str]") -> bool:
        """Return whether a file in a folder is to be read; note it if not, unless it is no audio by its suffix."""
        suffix = path.suffix.lower()
        if suffix in OTHER_AUDIO_SUFFIXES:
            self._pass_over(path, OTHER_FORMAT, could_be_sound=True)
            return False
        obstacle = _find_obstacle(path)
        if obstacle and (suffix in AUDIO_SUFFIXES or entry.is_symlink()):
            self._pass_over(path, obstacle, could_be_sound=suffix in AUDIO_SUFFIXES or _may_be_folder(path))
        return suffix in AUDIO_SUFFIXES and not obstacle

    def _pass_over(self, path: Path, reason: str, *, could_be_sound: bool) -> None:
        self.passed_over.append(PassedOver(path, reason, could_be_sound))


def _find_obstacle(path: Path) -> str | None:
    """Return why a file cannot be read; None if it can."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        return BROKEN_LINK if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP) else error.strerror
    if not is_file:
        return NOT_A_FILE
    is_readable = os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids)
    return None if is_readable else os.strerror(errno.EACCES)


def _may_be_folder(link: Path) -> bool:
    """Return whether a broken link may have led to a folder: folders have no suffix, or one that begins with a digit.

    `card-2` and `2026.05.03` may hold recordings, `notes.txt` cannot.
    """
    return not link.suffix or link.suffix[1:2].isdigit()


def targets_of(sources: Iterable[Source], folder: Path, suffix: str, *, keeps_suffix: bool = True) -> dict[Path, Path]:
    """Return the result file for each source path: `folder` / name, with `suffix` appended to the name's own suffix.

    Without `keeps_suffix` it stands in place of that, unless several sources differ in nothing else.
    Raises PermanentError if two sources would be written to one file.
    """
    sources = list(sources)
    same_stem = Counter(source.name.with_suffix("") for source in sources)
    targets: dict[Path, Path] = {}
    sources_by_target: dict[Path, Path] = {}
    for source in sources:
        whole = keeps_suffix or same_stem[source.name.with_suffix("")] > 1
        target = folder / source.name.with_name((source.name.name if whole else source.name.stem) + suffix)
        other = sources_by_target.setdefault(target, source.path)
        if other != source.path:
            raise PermanentError(
                f"{displayed(other)} and {source.shown} would both be written to {displayed(target)}: "
                "give each its own --out"
            )
        targets[source.path] = target
    return targets
