"""Small disks of their own, which can be full: file systems in memory, mounted where root may do that."""

import errno
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FILLER = "filler"
_PIECES = (256 << 20, 1 << 20, 4 << 10)
"""Sizes of what is taken at once, the largest first."""


@dataclass(frozen=True)
class Disk:
    """A folder whose file system ends soon."""

    folder: Path

    def fill(self) -> None:
        """Take all room that is left; bytes that others free meanwhile are theirs. Raise OSError: it is not full."""
        with (self.folder / _FILLER).open("ab", buffering=0) as file:
            for piece in _PIECES:
                try:
                    while True:
                        end = file.seek(0, os.SEEK_END)
                        os.posix_fallocate(file.fileno(), end, piece)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def empty(self) -> None:
        """Remove what fills the disk."""
        (self.folder / _FILLER).unlink(missing_ok=True)

    @property
    def used_bytes(self) -> int:
        return shutil.disk_usage(self.folder).used


def mount_disk(folder: Path, size: str) -> Disk | None:
    """Return a disk of this size at the folder, which is made; None: this account may mount nothing."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "chorus-soak", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        return None
    return Disk(folder)


def unmount(disk: Disk) -> None:
    """Lazily: a process that a fault left behind may still hold a file."""
    subprocess.run(["umount", "--lazy", str(disk.folder)], check=False, capture_output=True)
