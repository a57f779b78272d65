"""A list of the system calls that are left to a caged process (man 2 seccomp); all others fail with EPERM.

Left are those that compute, manage memory, and read, write and close what is already open: none that opens, looks up a
path, starts a process or a thread, connects, or sends a signal. A process that aborts still ends by a signal.
"""

import ctypes
import errno
import os
import struct
import sys
from functools import cache

from dawn_chorus.cage.kernel import IS_LINUX, PR_SET_SECCOMP, prctl

# What decoders call most stands first: the kernel compares in this order.
_X86_64 = """
    pread64 17, preadv 295, read 0, lseek 8, mmap 9, munmap 11, mremap 25, brk 12, madvise 28, mprotect 10,
    futex 202, sendto 44, sendmsg 46, recvfrom 45, recvmsg 47, write 1, close 3, readv 19, writev 20, preadv2 327,
    poll 7, shutdown 48, fstat 5, rt_sigaction 13, rt_sigprocmask 14, rt_sigreturn 15, sigaltstack 131,
    restart_syscall 219, getpid 39, gettid 186, getrusage 98, sched_yield 24, sched_getaffinity 204, getrandom 318,
    clock_gettime 228, clock_nanosleep 230, nanosleep 35, gettimeofday 96, time 201, membarrier 324, rseq 334,
    exit 60, exit_group 231
"""
_AARCH64 = """
    pread64 67, preadv 69, read 63, lseek 62, mmap 222, munmap 215, mremap 216, brk 214, madvise 233, mprotect 226,
    futex 98, sendto 206, sendmsg 211, recvfrom 207, recvmsg 212, write 64, close 57, readv 65, writev 66,
    preadv2 286, ppoll 73, shutdown 210, fstat 80, rt_sigaction 134, rt_sigprocmask 135, rt_sigreturn 139,
    sigaltstack 132, restart_syscall 128, getpid 172, gettid 178, getrusage 165, sched_yield 124,
    sched_getaffinity 123, getrandom 278, clock_gettime 113, clock_nanosleep 115, nanosleep 101, gettimeofday 169,
    membarrier 283, rseq 293, exit 93, exit_group 94
"""
_MACHINES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}
"""By the name of the processor: the kernel's number for it (AUDIT_ARCH_…), and the table above."""

# Instructions of the classic packet filter, and where `struct seccomp_data` has what they look at (linux/seccomp.h).
_LOAD, _JUMP_EQUAL, _JUMP_NOT_BELOW, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _KILL_PROCESS, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_X32_NUMBERS = 0x40000000
"""From here on stand the numbers of another set of system calls of the same processor."""
_MODE_FILTER = 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def knows_machine() -> bool:
    """Return whether the system calls of this processor are known here."""
    return IS_LINUX and os.uname().machine in _MACHINES and sys.maxsize > 1 << 32


def forbid_system_calls() -> None:
    """Leave only the listed system calls to this process. Needs no_new_privs. Raises OSError if the kernel refuses."""
    code = _filter(os.uname().machine)
    program = _Program(len(code) // 8, code)
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program))


@cache
def _filter(machine: str) -> bytes:
    """Return the program that the kernel runs at each system call: it compares the number with those that are left."""
    architecture, table = _MACHINES[machine]
    numbers = [int(entry.split()[1]) for entry in table.split(",")]
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_NOT_BELOW, len(numbers), 0, _X32_NUMBERS),
        *((_JUMP_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
