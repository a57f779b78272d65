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
    """Reads what some processes and their children have used since it was made; none of them may end meanwhile."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._processes = [process for pid in pids for process in _family(psutil.Process(pid))]
        self._wall_s, self._cpu_s = time.perf_counter(), self._used_s()

    def read(self) -> Cost:
        return Cost(time.perf_counter() - self._wall_s, self._used_s() - self._cpu_s)

    def _used_s(self) -> float:
        times = [process.cpu_times() for process in self._processes]
        return float(sum(each.user + each.system for each in times))


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def peak_resident_bytes(pid: int) -> int:
    """Add up the highest resident size that a process and its children ever had: no less than their true peak."""
    return sum(_peak(process.pid) for process in _family(psutil.Process(pid)))


def _peak(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123 - a file of the kernel's
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
