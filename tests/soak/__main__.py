"""`make soak`: fifteen minutes of faults; exit code 1 if the ledger differs from what was answered."""

import signal
import sys
from pathlib import Path
from types import FrameType

from tests.soak.picture import draw
from tests.soak.promises import tell
from tests.soak.report import write_report
from tests.soak.run import soak
from tests.soak.settings import read_plan

FOLDER = Path("build/soak")


def main() -> int:
    signal.signal(signal.SIGTERM, _end)
    plan = read_plan()
    tell(f"soak: seed {plan.seed}, {plan.seconds / 60:g} minutes, {plan.people} clients")
    FOLDER.mkdir(parents=True, exist_ok=True)
    soaked = soak(plan, logs=FOLDER / "logs")
    report = write_report(soaked)
    (FOLDER / "report.md").write_text(report)
    (FOLDER / "timeline.svg").write_text(draw(soaked))
    tell(report)
    tell(f"in {FOLDER}: report.md, timeline.svg, logs/")
    return 0 if soaked.is_good else 1


def _end(_signal: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does: what was started is stopped."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
