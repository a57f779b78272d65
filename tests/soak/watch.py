"""Looks after the processes meanwhile: which ended by themselves, and what they take."""

import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from threading import Event, Thread

import psutil

from tests.end_to_end.service import Deployable
from tests.soak.faults.processes import IN_ORDER
from tests.soak.promises import Promises
from tests.soak.stack import Stack, log_of

_EVERY_S = 1.0
_LIVED = 60
"""Samples of a process from which a trend can be told."""
_MOST_GROWTH, _MOST_GROWN_BYTES, _MOST_NEW_FILES = 1.5, 96 << 20, 64
BAD_WORDS = ("Traceback (most recent call last)", '"level": "critical"', "must be restarted")


@dataclass(frozen=True)
class Sample:
    memory_bytes: int
    files: int


class Watch:
    def __init__(self, stack: Stack, promises: Promises) -> None:
        self._stack, self._promises = stack, promises
        self._stop = Event()
        self._thread = Thread(target=self._look, name="watch", daemon=True)
        self.samples: dict[tuple[str, int], list[Sample]] = defaultdict(list)
        """By process."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _look(self) -> None:
        while not self._stop.wait(_EVERY_S):
            for process in list(self._stack.service.deployables):
                try:
                    self._look_at(process)
                except Exception as error:  # noqa: BLE001 - told, and the others are still to be looked after
                    self._promises.differ(f"{log_of(process)} cannot be watched: {type(error).__name__}: {error}")

    def _look_at(self, process: Deployable) -> None:
        key = log_of(process)
        if process.is_running:
            with suppress(psutil.Error):
                self.samples[key, process.pid].append(_measure(process.pid))
        elif key not in self._stack.down:
            self._promises.differ(f"{key} ended by itself: {process.read_log(1500)}")
            process.start()

    def judge(self) -> dict[str, tuple[int, int]]:
        """Note who grew beyond bounds; return the most memory and files of each name."""
        most: dict[str, tuple[int, int]] = {}
        for (key, _), samples in self.samples.items():
            name = key.partition(":")[0]
            memory = max(each.memory_bytes for each in samples)
            files = max(each.files for each in samples)
            known = most.get(name, (0, 0))
            most[name] = (max(known[0], memory), max(known[1], files))
            if len(samples) >= _LIVED:
                self._compare(key, samples)
        return most

    def _compare(self, key: str, samples: list[Sample]) -> None:
        third = len(samples) // 3
        first, last = samples[:third], samples[-third:]
        before, after = (int(median(each.memory_bytes for each in part)) for part in (first, last))
        if after > before * _MOST_GROWTH + _MOST_GROWN_BYTES:
            self._promises.differ(f"{key} grew from {before >> 20} to {after >> 20} MiB in {len(samples)} s")
        few, many = (int(median(each.files for each in part)) for part in (first, last))
        if many > few + _MOST_NEW_FILES:
            self._promises.differ(f"{key} has {many} descriptors open, {few} before")

    def read_logs(self) -> None:
        """Note what no log may hold."""
        for log in sorted(self._stack.folder.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()
            for number, line in enumerate(lines):
                if any(word in line for word in BAD_WORDS):
                    around = "\n".join(lines[number : number + 30])
                    self._promises.differ(f"{log.name}: {around[:3000]}")
                    break


def _measure(pid: int) -> Sample:
    process = psutil.Process(pid)
    return Sample(process.memory_info().rss, process.num_fds())


def stop_in_order(stack: Stack, promises: Promises) -> None:
    """Ask all to end; each must, in order."""
    for process in stack.service.deployables:
        stack.down.add(log_of(process))
    began = time.monotonic()
    for process in stack.service.deployables:
        if process.is_running:
            code = process.stop()
            if code not in IN_ORDER:
                promises.differ(f"{log_of(process)} ended with {code} when asked to")
    promises.count(f"ended in order in {time.monotonic() - began:.0f} s")
