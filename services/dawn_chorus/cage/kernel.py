"""Calls of the Linux kernel that Python's standard library has no names for."""

import ctypes
import os
import sys

IS_LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_LIBC = ctypes.CDLL(None, use_errno=True) if IS_LINUX else None


def prctl(option: int, *arguments: int) -> None:
    """Change something of this process (man 2 prctl). Raises OSError; does nothing on other systems than Linux."""
    if _LIBC is None:
        return
    four = [ctypes.c_ulong(number) for number in (*arguments, 0, 0, 0, 0)[:4]]
    _raise_errno(_LIBC.prctl(option, *four))


def syscall(number: int, *arguments: "int | ctypes._SimpleCData[int] | ctypes._CArgObject | None") -> int:
    """Make a system call by its number. Raises OSError, ENOSYS included."""
    assert _LIBC is not None  # noqa: S101 - callers ask `IS_LINUX` first
    _LIBC.syscall.restype = ctypes.c_long
    return _raise_errno(_LIBC.syscall(ctypes.c_long(number), *arguments))


def _raise_errno(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
