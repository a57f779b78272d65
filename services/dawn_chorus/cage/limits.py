"""What a caged process may use."""

import os
import resource
from dataclasses import dataclass

from dawn_chorus.cage.kernel import IS_LINUX


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one child."""

    memory_bytes: int
    """In addition to what the server uses when it forks; Linux only."""
    wall_s: float | None = None
    """The server kills the child after this; None: whoever asked for the child watches over it."""
    cpu_s: int | None = None
    """The kernel ends it after this."""
    descriptors: int = 0
    """How many more files may be handed in later."""


def set_limits(limits: Limits) -> None:
    """Limit memory, time, and what this process may write or start; descriptors come last, by themselves."""
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        _lower(kind, 0, 0)
    if limits.cpu_s is not None:
        # At the second one comes SIGKILL, which would look like a lack of memory.
        _lower(resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1)
    if IS_LINUX:
        _lower(resource.RLIMIT_NPROC, 0, 0)
        most = used_address_space() + limits.memory_bytes
        _lower(resource.RLIMIT_AS, most, most)


def set_descriptor_limit(limits: Limits, first_free: int) -> None:
    """Let only so many more descriptors be opened, from `first_free` on, a number that no open one has or exceeds."""
    most = first_free + limits.descriptors if limits.descriptors else 0
    _lower(resource.RLIMIT_NOFILE, most, most)


def _lower(kind: int, soft: int, hard: int) -> None:
    """Set a limit, or leave it as it is where the service was started with a lower one, which it may not raise."""
    now = resource.getrlimit(kind)[1]
    if now != resource.RLIM_INFINITY:
        soft, hard = min(soft, now), min(hard, now)
    resource.setrlimit(kind, (soft, hard))


def used_address_space() -> int:
    """Return the size of this process's address space in bytes. Linux only."""
    descriptor = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(descriptor, 100).split()[0]) * resource.getpagesize()
    finally:
        os.close(descriptor)
