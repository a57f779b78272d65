"""Running a program as another account where we are root; where we are not, nothing of this does anything."""

import logging
import os
import pwd
import stat
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import PermanentError

logger = logging.getLogger(__name__)

_ACCOUNTS = ("postgres", "nobody")
"""Whom things are given to: the first that exists."""


def give_away(*paths: Path) -> None:
    """Make an unprivileged account the owner. Raises PermanentError when the machine has none."""
    if os.geteuid() == 0:
        account = _find_account()
        for path in paths:
            os.chown(path, account.pw_uid, account.pw_gid)


def as_owner_of(folder: Path) -> dict[str, Any]:
    """Return the arguments with which `subprocess` runs a program as the folder's owner."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def open_way(path: Path) -> None:
    """Let other accounts pass through the folders above (not list them): root's home, say, is closed to all."""
    for folder in path.parents if os.geteuid() == 0 else ():
        _allow(folder, stat.S_IXOTH)


def open_tree(top: Path) -> None:
    """Let other accounts reach, read and run an installed program, which a strict umask had kept for root."""
    open_way(top / "any")
    for path in top.rglob("*") if os.geteuid() == 0 else ():
        if not path.is_symlink():
            runs = path.stat().st_mode & stat.S_IXUSR
            _allow(path, stat.S_IROTH | (stat.S_IXOTH if runs else 0))


def _allow(path: Path, right: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & right != right:
        logger.warning("opening %s to unprivileged accounts, as one of them runs PostgreSQL there", path)
        path.chmod(mode | right)


def _find_account() -> pwd.struct_passwd:
    known = {account.pw_name: account for account in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in known:
            return known[name]
    raise PermanentError(f"no account to run PostgreSQL as: make one of {', '.join(_ACCOUNTS)}, or do not run as root")
