"""Puts the running process into its cage."""

import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from dawn_chorus.cage.kernel import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, prctl
from dawn_chorus.cage.landlock import forbid_files, landlock_version
from dawn_chorus.cage.limits import Limits, set_descriptor_limit, set_limits
from dawn_chorus.cage.seccomp import forbid_system_calls, knows_machine


@dataclass(frozen=True, slots=True)
class Layers:
    """What this machine has to hold a process with, beside the limits."""

    landlock: int
    """Its version; 0: none."""
    has_seccomp: bool

    @property
    def missing(self) -> list[str]:
        return [name for name, has in (("Landlock", self.landlock), ("seccomp", self.has_seccomp)) if not has]


def find_layers() -> Layers:
    """Return what holds here, by trying it in a child. Needs no_new_privs."""
    version = landlock_version()
    has_landlock = version > 0 and _works(lambda: forbid_files(version))
    return Layers(version if has_landlock else 0, knows_machine() and _works(forbid_system_calls))


def refuse_new_privileges() -> None:
    """Never gain a right by a program with the setuid bit; children inherit it."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def enter_cage(layers: Layers, limits: Limits, keep: Iterable[int], parent: int) -> None:
    """Cage this process, a child of the process `parent`; of its open descriptors only those in `keep` stay open.

    The order matters: each step needs what the later ones take away. Raises OSError; then the caller exits.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before that
        os._exit(1)
    prctl(PR_SET_DUMPABLE, 0)
    set_limits(limits)
    if layers.landlock:
        forbid_files(layers.landlock)
    kept = sorted(keep)
    for before, after in zip([-1, *kept], [*kept, os.sysconf("SC_OPEN_MAX")], strict=True):
        if before + 1 < after:  # an empty range counts as all of them
            os.closerange(before + 1, after)
    set_descriptor_limit(limits, kept[-1] + 1)
    if layers.has_seccomp:
        forbid_system_calls()


def _works(step: Callable[[], None]) -> bool:
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            step()
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0
