"""`make bench`, or `python -m tests.bench NAME…`: each bench prints its tables and returns what they were made of.

Contestants take turns, so that whatever else the machine does disturbs all of them alike.
"""

import json
import signal
import sys
from importlib import import_module
from typing import Any

from rich.console import Console

from tests.bench.report import describe_machine
from tests.bench.settings import BenchSettings

BENCHES = ("race", "file_cost", "relay", "uploads", "lists", "timeline", "lanes", "ranges", "pictures", "page")
"""Modules of this package, each with `measure(settings, console)`, in the order in which `make bench` runs them."""


def main(names: list[str]) -> None:
    """Run the benches; write each one's table and results into the folder of results."""
    if unknown := sorted({*names} - {*BENCHES}):
        sys.exit(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    settings = BenchSettings()
    settings.bench_out.mkdir(parents=True, exist_ok=True)
    for name in names or BENCHES:
        console = Console(width=140, record=True)
        machine = describe_machine()
        console.print(f"{name}: {machine}")
        results: dict[str, Any] = import_module(f"tests.bench.{name}").measure(settings, console)
        (settings.bench_out / f"{name}.json").write_text(json.dumps({"machine": machine} | results, indent=1))
        (settings.bench_out / f"{name}.txt").write_text(console.export_text())


if __name__ == "__main__":
    # So that what was started is stopped, and what was made removed, when the bench is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main(sys.argv[1:])
