"""`make bench`, or `python -m tests.bench NAME… [--keep DIR] [--at URL]`.

Each bench prints its tables and returns what they were made of.

Contestants take turns, so that whatever else the machine does disturbs all of them alike.
"""

import argparse
import json
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.report import describe_machine
from tests.bench.settings import BenchSettings

BENCHES = (
    "race",
    "file_cost",
    "relay",
    "uploads",
    "lists",
    "review",
    "exports",
    "timeline",
    "lanes",
    "ranges",
    "pictures",
    "page",
)
"""Modules of this package, each with `measure(settings, console)`, in the order in which `make bench` runs them."""


def main(arguments: list[str]) -> None:
    """Run the benches; write each one's table and results into the folder of results."""
    names, settings = _read(arguments)
    if unknown := sorted({*names} - {*BENCHES}):
        sys.exit(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    settings.bench_out.mkdir(parents=True, exist_ok=True)
    for name in names or BENCHES:
        console = Console(width=140, record=True)
        machine = describe_machine()
        console.print(f"{name}: {machine}")
        results: dict[str, Any] = import_module(f"tests.bench.{name}").measure(settings, console)
        (settings.bench_out / f"{name}.json").write_text(json.dumps({"machine": machine} | results, indent=1))
        (settings.bench_out / f"{name}.txt").write_text(console.export_text())


def _read(arguments: list[str]) -> tuple[list[str], BenchSettings]:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--keep", type=Path, help="keep the filled cluster of `review` in this folder, or use it again")
    parser.add_argument("--at", metavar="URL", help="a filled database that runs already, for `review`, `exports`")
    parsed = parser.parse_args(arguments)
    settings = BenchSettings()
    changed = {"bench_keep": parsed.keep or settings.bench_keep, "bench_at": parsed.at or settings.bench_at}
    return parsed.names, settings.model_copy(update=changed)


if __name__ == "__main__":
    # So that what was started is stopped, and what was made removed, when the bench is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main(sys.argv[1:])
