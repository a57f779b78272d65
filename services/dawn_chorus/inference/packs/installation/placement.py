"""Puts finished packs where workers look for them: each appears whole or not at all, and replaces its older version.

Whoever has opened the older version goes on with it: all it needs was read into memory.
"""

import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dawn_chorus.inference.packs.installation.staging import sync_folder

_PREFIX = ".installing-"
_ASIDE = "replaced"
_AT_FDCWD = -100
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux' renameat2."""
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.ENOTSUP}


@contextmanager
def installing(packs_dir: Path) -> Iterator[Path]:
    """Yield a scratch folder beside the packs, for one installation at a time; what it holds at the end is deleted.

    What an earlier installation left behind, because it was killed, is cleared first.
    """
    packs_dir.mkdir(parents=True, exist_ok=True)
    lock = os.open(packs_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in sorted(packs_dir.glob(f"{_PREFIX}*")):
            _put_back(left, packs_dir)
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=packs_dir, prefix=_PREFIX, ignore_cleanup_errors=True) as scratch:
            yield Path(scratch)
    finally:
        os.close(lock)


def place_pack(finished: Path, target: Path) -> None:
    """Move a finished pack from the scratch folder into place; what was there is in the scratch folder afterwards.

    Where the file system can, both change places in one step. Where it cannot, a crash between two steps leaves no pack
    under this name, and the next installation puts the older one back: never a half pack.
    """
    if not os.path.lexists(target):
        finished.rename(target)
    elif not _exchange(finished, target):
        aside = finished.parent / _ASIDE
        aside.mkdir()
        target.rename(aside / target.name)
        finished.rename(target)
    sync_folder(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; return whether the system can do that."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return True
    failed = ctypes.get_errno()
    if failed in _UNSUPPORTED:
        return False
    raise OSError(failed, os.strerror(failed), str(other))


def _put_back(left: Path, packs_dir: Path) -> None:
    """Put back a pack that was moved aside by an installation that ended before its successor was in place."""
    for pack in left.glob(f"{_ASIDE}/*"):
        if not os.path.lexists(packs_dir / pack.name):
            pack.rename(packs_dir / pack.name)
