"""Medians and ratios: as a table, as JSON, and as bars for the eye."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from tests.bench.meter import Cost

WORKER, SERVERS, LIMIT = "the worker, queue to commit", "its PostgreSQL and RabbitMQ", "ONNX Runtime alone: the limit"
_BAR = 30


@dataclass(frozen=True)
class Contestant:
    """All rounds of one way to analyze the same sound."""

    name: str
    audio_s: float
    costs: tuple[Cost, ...]

    @property
    def wall_s(self) -> float:
        return median(cost.wall_s for cost in self.costs)

    @property
    def cpu_s(self) -> float:
        return median(cost.cpu_s for cost in self.costs)

    @property
    def speed(self) -> float:
        """Seconds of audio per second."""
        return self.audio_s / self.wall_s


@dataclass(frozen=True)
class Ratio:
    """How many times as fast the worker is; medians over rounds that ran side by side."""

    wall: float
    cpu: float
    """By CPU time, what the worker's servers used for it included: holds on a machine that is shared, too."""


def compare(contestants: Sequence[Contestant], other: Contestant) -> Ratio:
    own, servers = _find(contestants, WORKER).costs, _find(contestants, SERVERS).costs
    rounds = list(zip(own, servers, other.costs, strict=True))
    wall = median(theirs.wall_s / mine.wall_s for mine, _, theirs in rounds)
    cpu = median(theirs.cpu_s / (mine.cpu_s + server.cpu_s) for mine, server, theirs in rounds)
    return Ratio(wall, cpu)


def draw_table(pack: str, contestants: Sequence[Contestant]) -> Table:
    table = Table("", "wall s", "CPU s", "audio s / s", "worker × as fast", "by CPU time", "", title=pack)
    fastest = max(each.speed for each in contestants)
    for each in contestants:
        if each.name == SERVERS:
            table.add_row(each.name, "", f"{each.cpu_s:.1f}")
            continue
        ratio, bar = compare(contestants, each), "█" * round(_BAR * each.speed / fastest)
        ratios = ("", "") if each.name == WORKER else (f"{ratio.wall:.2f}", f"{ratio.cpu:.2f}")
        table.add_row(each.name, f"{each.wall_s:.1f}", f"{each.cpu_s:.1f}", f"{each.speed:.0f}", *ratios, bar)
    return table


def document(pack: str, contestants: Sequence[Contestant]) -> dict[str, Any]:
    return {
        "pack": pack,
        "contestants": [
            {
                "name": each.name,
                "audio_s": each.audio_s,
                "wall_s": each.wall_s,
                "cpu_s": each.cpu_s,
                "worker_times_as_fast": asdict(compare(contestants, each)),
                "rounds": [asdict(cost) for cost in each.costs],
            }
            for each in contestants
        ],
    }


def describe_machine() -> str:
    """Name the processor, its cores and the Python."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"


def _find(contestants: Iterable[Contestant], name: str) -> Contestant:
    return next(each for each in contestants if each.name == name)
