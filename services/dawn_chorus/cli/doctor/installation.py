"""What there is to look at: servers that variables name, the embedded service of a data folder, or packs alone."""

import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from dawn_chorus.cli.settings import CliSettings, load_settings

WAIT_S = 4.0
"""How long a server may take to answer one question."""


class Form(Enum):
    """How Dawn Chorus is run here."""

    SERVERS = "with servers of its own"
    """CHORUS_DATABASE_URL, CHORUS_STORE_URL or CHORUS_BROKER_URL is set: an image, or a process of a deployment."""
    EMBEDDED = "as `chorus up`"
    ALONE = "as a command line"
    """No service was ever started here."""


class Space(NamedTuple):
    """The room on a volume, for those who are not root."""

    free_bytes: int
    total_bytes: int
    free_files: float
    """The share of files that may still be made; 1 where the file system has no limit."""


def measure_space(folder: Path) -> Space:
    """Return the room on the volume of a folder. Raises OSError."""
    volume = os.statvfs(folder)
    free_files = volume.f_favail / volume.f_files if volume.f_files else 1.0
    return Space(volume.f_bavail * volume.f_frsize, volume.f_blocks * volume.f_frsize, free_files)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Machine:
    """What the checks ask the machine itself."""

    now: Callable[[], datetime] = _now
    measure_space: Callable[[Path], Space] = measure_space


@dataclass(frozen=True, slots=True)
class Installation:
    """What the checks look at. `form` is decided once, so that all of them speak of the same service."""

    form: Form
    settings: CliSettings
    machine: Machine = field(default_factory=Machine)

    @property
    def database_url(self) -> str | None:
        """The URL of the database; None: there is none, or the embedded one does not run. Raises OSError."""
        if self.form is Form.SERVERS:
            return self.settings.database_url
        file = self.settings.database_url_file
        return file.read_text().strip() if self.form is Form.EMBEDDED and file.exists() else None

    @property
    def is_running(self) -> bool | None:
        """Whether a process holds the lock of the embedded service; None: nobody can tell here."""
        return _is_locked(self.settings.data_dir / "postgres" / "lock")

    def command(self, words: str) -> str:
        """Return a command that is to be pasted: for this data folder, where another one is the default."""
        other = self.form is Form.EMBEDDED and self.settings.data_dir != load_settings().data_dir
        return f"CHORUS_DATA_DIR={shlex.quote(str(self.settings.data_dir))} {words}" if other else words

    @property
    def store_url(self) -> str | None:
        return {Form.SERVERS: self.settings.store_url, Form.EMBEDDED: self.settings.embedded_store_url}.get(self.form)

    @property
    def store_folder(self) -> Path | None:
        """The folder of the audio store; None: it is a bucket, or there is none."""
        parts = urlsplit(self.store_url or "")
        return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _is_locked(file: Path) -> bool | None:
    """Return whether a process holds a lock on the file, without touching it; None where the system does not say."""
    try:
        inode = file.stat().st_ino
        held = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    return any(re.search(rf" FLOCK .*:{inode} 0 EOF", line) for line in held)


def find_installation(settings: CliSettings, *, of_folder: bool) -> Installation:
    """Return what is installed; `of_folder`: the service of the data folder is meant, whatever variables name."""
    if not of_folder and (settings.database_url or settings.store_url or settings.broker_url):
        return Installation(Form.SERVERS, settings)
    was_started = (settings.data_dir / "postgres").exists()
    return Installation(Form.EMBEDDED if was_started else Form.ALONE, settings)
