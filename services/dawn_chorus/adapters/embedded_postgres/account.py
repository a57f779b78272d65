"""Runs a program as an unprivileged account if this process is root; does nothing if it is not."""

import logging
import os
import pwd
import stat
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import PermanentError

logger = logging.getLogger(__name__)

_ACCOUNTS = ("postgres", "nobody")
"""The first that exists becomes the owner."""


def change_owner(*paths: Path) -> None:
    """Make an unprivileged account the owner of the paths. Raises PermanentError if the machine has none."""
    if os.geteuid() == 0:
        account = _find_account()
        for path in paths:
            os.chown(path, account.pw_uid, account.pw_gid)


def as_owner_of(folder: Path) -> dict[str, Any]:
    """Return the arguments that make `subprocess` run a program as the folder's owner."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def allow_traversal(path: Path) -> None:
    """Let other accounts traverse the folders above the path (not list them); root's home, for one, is closed."""
    for folder in path.parents if os.geteuid() == 0 else ():
        _allow(folder, stat.S_IXOTH)


def allow_execution(top: Path) -> None:
    """Let other accounts read and run a program that root installed with a strict umask."""
    allow_traversal(top / "any")
    for path in top.rglob("*") if os.geteuid() == 0 else ():
        if not path.is_symlink():
            executable = path.stat().st_mode & stat.S_IXUSR
            _allow(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _allow(path: Path, right: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & right != right:
        logger.warning("opening %s to other accounts: PostgreSQL runs there as an unprivileged one", path)
        path.chmod(mode | right)


def _find_account() -> pwd.struct_passwd:
    known = {account.pw_name: account for account in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in known:
            return known[name]
    raise PermanentError(
        f"no account to run PostgreSQL as: create one of {', '.join(_ACCOUNTS)}, or do not run as root"
    )
