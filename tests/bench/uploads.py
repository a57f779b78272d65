"""How many small recordings `chorus up` takes while its worker is at work, and what happens when more are offered.

Each round: 8 clients in a closed loop, then 200 uploads a second for a while, whatever comes back. The load comes from
a process of its own. With CHORUS_BENCH_OLD, the folder `services` of another checkout, both take turns; where the API
is in the worker's process, its CPU time is not known.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.meter import Meter
from tests.bench.settings import ROOT, BenchSettings

CLIENTS, OFFERED_PER_S = 8, 200
_START_S = 180.0
_WARM_S = 3
EARLIER = "as it was: two quiet cores, a header child started anew for each upload"


@dataclass(frozen=True)
class Round:
    """One round of one checkout; times in seconds, medians over requests."""

    best_per_s: float
    """Taken in the closed loop."""
    cpu_ms: float | None
    """Of the API and its children for an upload in the closed loop; None: not known."""
    taken_per_s: float
    """Of 200 offered a second."""
    refused_s: float | None
    """Until a 429; None: nothing was refused."""
    read_s: float
    """Until a list was read beside these uploads."""
    unanswered: int

    @property
    def kept(self) -> float:
        return self.taken_per_s / self.best_per_s


WAS = Round(best_per_s=6, cpu_ms=293, taken_per_s=5, refused_s=0.8, read_s=1.1, unanswered=0)
"""Measured before limits stood first and headers were read in a forked child; not measured again here."""


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Print the table and the goals; return what they were made of."""
    checkouts = {"this checkout": ROOT / "services"}
    if settings.bench_old is not None:
        checkouts["the old checkout"] = settings.bench_old
    rounds: dict[str, list[Round]] = {name: [] for name in checkouts}
    for _ in range(settings.bench_rounds):
        for name, services in checkouts.items():
            rounds[name].append(_run(services, settings))
    medians = {name: _middle(found) for name, found in rounds.items()}
    console.print(_table({EARLIER: WAS, **medians}))
    for line in _goals(medians["this checkout"]):
        console.print(line)
    return {name: [vars(each) for each in found] for name, found in rounds.items()}


def _run(services: Path, settings: BenchSettings) -> Round:
    with (
        tempfile.TemporaryDirectory(prefix="chorus-bench-") as made,
        _open_service(services, Path(made), settings) as (url, api),
    ):
        _load(url, "closed", CLIENTS, _WARM_S)
        meter = None if api is None else Meter([api])
        closed = _load(url, "closed", CLIENTS, settings.bench_upload_s)
        used_s = None if meter is None else meter.read().cpu_s
        offered = _load(url, "open", OFFERED_PER_S, settings.bench_upload_s)
    taken = _count_taken(closed)
    return Round(
        best_per_s=taken / closed["took_s"],
        cpu_ms=None if used_s is None else 1000 * used_s / taken,
        taken_per_s=_count_taken(offered) / offered["took_s"],
        refused_s=offered["posts"].get("429", {}).get("median_s"),
        read_s=offered["gets"]["200"]["median_s"],
        unanswered=offered["posts"].get("unanswered", {}).get("n", 0),
    )


@contextmanager
def _open_service(services: Path, folder: Path, settings: BenchSettings) -> Iterator[tuple[str, int | None]]:
    """Yield the URL of a service on an empty data folder, and the process of its API if it has one of its own."""
    folder.chmod(0o755)
    environment = os.environ | {
        "PYTHONPATH": str(services),
        "CHORUS_DATA_DIR": str(folder / "data"),
        "CHORUS_PACKS_DIR": str(settings.bench_upload_packs or services.parent / "models" / "packs"),
        "CHORUS_DEFAULT_PACK": settings.bench_upload_pack,
    }
    said = folder / "up.err"
    with said.open("wb") as errors:
        command = [sys.executable, "-P", "-m", "dawn_chorus.cli", "up", "--port", "0"]
        process = subprocess.Popen(command, env=environment, stdout=errors, stderr=errors)
    try:
        url = _wait_for_url(process, said)
        children = psutil.Process(process.pid).children()
        yield url, next((each.pid for each in children if "dawn_chorus.api" in each.cmdline()), None)
    finally:
        process.terminate()
        process.wait()


def _wait_for_url(process: "subprocess.Popen[bytes]", said: Path) -> str:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"is up at (http://\S+)", said.read_text()):
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start: {said.read_text()}")


def _load(url: str, how: str, amount: int, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.upload_load", url, how, str(amount), str(seconds)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout
    found: dict[str, Any] = json.loads(printed)
    return found


def _count_taken(load: dict[str, Any]) -> int:
    return sum(int(each["n"]) for status, each in load["posts"].items() if status.startswith("2"))


def _middle(rounds: Sequence[Round]) -> Round:
    """Return the median of each measure, and all that was never answered."""

    def middle(name: str) -> Any:
        values = [value for each in rounds if (value := getattr(each, name)) is not None]
        return median(values) if values else None

    names = ("best_per_s", "cpu_ms", "taken_per_s", "refused_s", "read_s")
    return Round(**{name: middle(name) for name in names}, unanswered=sum(each.unanswered for each in rounds))


def _table(rows: dict[str, Round]) -> Table:
    table = Table(
        "", "8 clients: taken/s", "CPU ms each", "200/s offered: taken/s", "of best", "429 s", "GET s", "unanswered"
    )
    for name, each in rows.items():
        cpu = "–" if each.cpu_ms is None else f"{each.cpu_ms:.1f}"
        refused = "–" if each.refused_s is None else f"{each.refused_s:.3f}"
        offered = (f"{each.taken_per_s:.1f}", f"{each.kept:.2f}", refused, f"{each.read_s:.3f}")
        table.add_row(name, f"{each.best_per_s:.1f}", cpu, *offered, str(each.unanswered))
    return table


def _goals(found: Round) -> list[str]:
    met = {
        "at most 17 CPU ms an upload in the API and its children": found.cpu_ms is not None and found.cpu_ms <= 17,
        "at least 25 uploads a second": found.best_per_s >= 25,
        "200/s offered: at least 0.8 of the best rate": found.kept >= 0.8,
        "no request unanswered": found.unanswered == 0,
        "429 under 0.3 s": found.refused_s is None or found.refused_s < 0.3,
        "GET under 0.3 s": found.read_s < 0.3,
    }
    return [f"{'met' if is_met else 'MISSED':>6}: {goal}" for goal, is_met in met.items()]
