"""Landlock without a single rule: nothing can be opened, listed, executed or connected any more (man 7 landlock)."""

import ctypes
import errno
import os

from dawn_chorus.cage.kernel import IS_LINUX, syscall

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""On every architecture."""
_VERSION = 1
_FILES = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights on files a version of Landlock knows, from the version on: each is a bit."""
_NETWORK_SINCE, _NETWORK = 4, 0b11
"""Bind and connect, by TCP."""
_SCOPES_SINCE, _SCOPES = 6, 0b11
"""Abstract sockets and signals stay within the cage."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


def landlock_version() -> int:
    """Return the version of Landlock that this kernel has; 0: none, or it is switched off."""
    if not IS_LINUX:
        return 0
    try:
        return syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return 0
        raise


def forbid_files(version: int) -> None:
    """Take every right that this version knows from this process and its children. Needs no_new_privs."""
    n_rights = max(count for since, count in _FILES.items() if version >= since)
    rules = _Ruleset(
        (1 << n_rights) - 1,
        _NETWORK if version >= _NETWORK_SINCE else 0,
        _SCOPES if version >= _SCOPES_SINCE else 0,
    )
    # An older kernel refuses a longer structure than it knows.
    size = 8 if version < _NETWORK_SINCE else 16 if version < _SCOPES_SINCE else 24
    descriptor = syscall(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        syscall(_RESTRICT_SELF, ctypes.c_int(descriptor), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)
