"""The real worker, but a recording of 13 s kills its process, as a fault deep inside a native library does."""

import os
import signal
from typing import Any

from dawn_chorus.inference.pipeline import SegmentResult, analyze_segment
from dawn_chorus.worker import analyze
from dawn_chorus.worker.__main__ import main

DEADLY_S = 13.0


def analyze_or_die(*segment: Any, duration_s: float, **options: Any) -> SegmentResult:
    if duration_s == DEADLY_S:
        os.kill(os.getpid(), signal.SIGKILL)
    return analyze_segment(*segment, duration_s=duration_s, **options)


if __name__ == "__main__":
    vars(analyze)["analyze_segment"] = analyze_or_die
    main()
