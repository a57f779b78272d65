"""The files of `--out`: each appears when it is complete, and says how it was made, so that `--resume` can rely on it.

A JSON document says so itself, in `pack`, `settings`, `source` and `result`. Other formats have no room for it: for
these `.chorus-results.jsonl` in the folder has a line with the same keys for each result; the last one counts.
"""

import errno
import fcntl
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from uuid import uuid4

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.names import displayed

Making = dict[str, Any]
"""How a result was made: `pack` {name, version}, `settings`, `source` {size_bytes, modified_s}, all as in JSON."""
NO_RESULT = "there is none yet"
STATE_FILE = ".chorus-results.jsonl"
END_OF_RUN = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""No other result could be written either."""
_PART = re.compile(r"\.chorus-[0-9a-f]{32}\.part")
_HEAD_BYTES = 1 << 16
_AFTER_HEAD = ', "windows": ['


def describe_making(name: str, version: str, settings: Mapping[str, Any], source: Path) -> Making:
    """Return how the result of a recording is made now; without its size and time if there is no such file."""
    making: Making = {"pack": {"name": name, "version": version}, "settings": _without_none(settings), "source": {}}
    with suppress(OSError):  # it is reported when it is read
        facts = source.stat()
        making["source"] = {"size_bytes": facts.st_size, "modified_s": round(facts.st_mtime_ns / 1e9, 6)}
    return dict(json.loads(json.dumps(making, default=_plain)))


def _without_none(value: Any) -> Any:
    """Leave out what was not asked for, so that an option that is new leaves older results valid."""
    if isinstance(value, Mapping):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    return value


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


class ResultFiles:
    """The result files of one run in one folder."""

    def __init__(self, folder: Path, targets: Mapping[Path, Path], *, are_documents: bool) -> None:
        """Make the folder. `targets` has the file of each source path. Raises PermanentError if it is not writable."""
        self._folder, self._targets, self._are_documents = folder, targets, are_documents
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise PermanentError(f"--out {displayed(folder)}: {error.strerror}: choose another folder") from error
        self._state = {} if are_documents else _read_state(folder / STATE_FILE)
        for parent in {target.parent for target in targets.values()}:
            _remove_leftovers(parent)

    def obstacle(self, source: Path) -> str | None:
        """Return why no result can be written for a source, as far as it is known beforehand; None: nothing known."""
        try:
            is_folder = stat.S_ISDIR(self._targets[source].lstat().st_mode)
        except FileNotFoundError:
            return None
        except OSError as error:
            return error.strerror
        return "there is a folder of this name" if is_folder else None

    def why_again(self, source: Path, making: Making) -> str | None:
        """Return why the result of a source must be made again; None if the one that is there is still right."""
        target = self._targets[source]
        if not target.exists():
            return NO_RESULT
        made = _read_document(target) if self._are_documents else self._state.get(self._name(target))
        if made is None or (not self._are_documents and made.get("bytes") != target.stat().st_size):
            return "they do not say how they were made"
        for part, reason in (
            ("pack", "they were made with another pack or version"),
            ("settings", "they were made with other settings"),
            ("source", "their recordings have changed"),
        ):
            if not making[part] or made.get(part) != making[part]:
                return reason
        return None if made.get("result") == "succeeded" else "they lack audio that was lost"

    def target_of(self, source: Path) -> Path:
        return self._targets[source]

    @contextmanager
    def write(self, source: Path, made: Making) -> Iterator[TextIO]:
        """Yield a file that gets its name when it is complete.

        `made` also has `result`. Raises OSError if it cannot be written, PermanentError if no other could be either.
        """
        target = self._targets[source]
        try:
            with _complete_file(target) as out:
                yield out
            if not self._are_documents:
                self._note(target, made)
        except OSError as error:
            if error.errno not in END_OF_RUN:
                raise
            reason = f"{displayed(target)}: {error.strerror}: make room, then go on with --resume"
            raise PermanentError(reason) from error

    def _note(self, target: Path, made: Making) -> None:
        line = json.dumps({"file": self._name(target), **made, "bytes": target.stat().st_size})
        with (self._folder / STATE_FILE).open("a", encoding="ascii") as state:
            state.write(line + "\n")

    def _name(self, target: Path) -> str:
        return str(target.relative_to(self._folder))


def _read_state(file: Path) -> dict[str, Making]:
    """Return how the results of a folder were made, by their names; a line that is not whole is left out."""
    made: dict[str, Making] = {}
    if not file.exists():
        return made
    with file.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                made[entry["file"]] = entry
    return made


def _read_document(target: Path) -> Making | None:
    """Return the head of a JSON document, without reading its windows; None if it has none, or no end."""
    with target.open("rb") as file:
        head, separator, _ = file.read(_HEAD_BYTES).decode(errors="replace").partition(_AFTER_HEAD)
        file.seek(max(0, target.stat().st_size - 2))
        is_whole = file.read() == b"}\n"
    if not separator or not is_whole:
        return None
    try:
        made = dict(json.loads(head + "}"))
        made["pack"] = {key: made["pack"][key] for key in ("name", "version")}
    except (ValueError, KeyError, TypeError):
        return None
    return made if "settings" in made else None


@contextmanager
def _complete_file(target: Path) -> Iterator[TextIO]:
    """Yield a file that appears under its name only when it is complete. Its other name is short: it always fits."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".chorus-{uuid4().hex}.part")
    try:
        with part.open("x", encoding="utf-8", newline="") as out:
            with suppress(OSError):  # a file system without locks: a run that is killed leaves the part there
                fcntl.flock(out, fcntl.LOCK_EX)
            yield out
        part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _remove_leftovers(folder: Path) -> None:
    """Remove parts of runs that were killed; a run that is still writing holds a lock on its own."""
    if not folder.is_dir():
        return
    for part in [path for path in folder.iterdir() if _PART.fullmatch(path.name)]:
        with suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()
