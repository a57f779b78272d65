"""Wall time and CPU time of a stretch of work."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one round of one contestant."""

    wall_s: float
    cpu_s: float
    """User and system time of all its processes; steady on a machine that is shared, where wall time is not."""


class Meter:
    """Reads what some processes and their children have used since it was made.

    Children may come and go meanwhile: what they used is their parent's once it has waited for them.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._wall_s, self._cpu_s = time.perf_counter(), self._used_s()

    def read(self) -> Cost:
        return Cost(time.perf_counter() - self._wall_s, self._used_s() - self._cpu_s)

    def _used_s(self) -> float:
        return sum(_read_s(each) for process in self._processes for each in _family(process))


def _read_s(process: psutil.Process) -> float:
    """Return nothing of one that ended since it was listed: its parent has it, or will."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def peak_resident_bytes(pid: int) -> int:
    """Add up the highest resident size that a process and its children ever had: no less than their true peak."""
    return sum(_peak(process.pid) for process in _family(psutil.Process(pid)))


def _peak(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123 - a file of the kernel's
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
