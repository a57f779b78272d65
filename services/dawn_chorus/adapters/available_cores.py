"""How many cores this process may use: fewer than exist, where an affinity or a control group limits it."""

import math
import os
from collections.abc import Iterator
from pathlib import Path


def count_available_cores(root: Path = Path("/")) -> int:
    """Return the cores of the affinity mask or, if it is less, the quota of CPU time in cores, rounded up.

    A container with `--cpus 2` on a machine of 64 cores sees them all: only the quota of its control group says that it
    gets the time of two. `root` is the folder that holds `proc` and `sys`.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([allowed, *(math.ceil(quota) for quota in _quotas(root))]))


def _quotas(root: Path) -> Iterator[float]:
    """Yield the quotas, in cores, of this process' control group and all groups around it; nothing on other systems."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return  # no Linux, or no /proc
    mounted = root / "sys/fs/cgroup"
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            for group in (*_with_parents(mounted, path), *_with_parents(mounted / "unified", path)):
                yield from _quota_v2(group / "cpu.max")
        elif "cpu" in controllers.split(","):
            for group in (*_with_parents(mounted / controllers, path), *_with_parents(mounted / "cpu", path)):
                yield from _quota_v1(group)


def _with_parents(mounted: Path, path: str) -> Iterator[Path]:
    """Yield the folder of a control group and those of its parents.

    Inside a container the path may be that on the host, of which only the last, the mount itself, is there.
    """
    group = mounted / path.strip("/")
    yield group
    yield from (parent for parent in group.parents if parent.is_relative_to(mounted))


def _quota_v2(file: Path) -> Iterator[float]:
    words = _read(file).split()
    if len(words) == 2 and words[0].isdigit() and words[1].isdigit():
        yield int(words[0]) / int(words[1])


def _quota_v1(group: Path) -> Iterator[float]:
    quota, period = _read(group / "cpu.cfs_quota_us").strip(), _read(group / "cpu.cfs_period_us").strip()
    if quota.isdigit() and period.isdigit():  # −1 is no limit
        yield int(quota) / int(period)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""  # the root group has none, and some groups lie outside the container
