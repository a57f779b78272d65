"""The physical limit here: ONNX Runtime alone, fed with ready batches, its outputs thrown away.

`python -m tests.bench.limit PACK_DIR MINUTE…` holds one minute's windows in memory, runs them as often as there are
minutes, batched and threaded as the worker does it, and prints what that took.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.inference.member import OpenMember
from dawn_chorus.inference.scoring import open_accumulator
from dawn_chorus.inference.waveforms.loading import load_audio
from dawn_chorus.inference.windows import stretch_of
from dawn_chorus.worker.settings import WorkerSettings
from tests.bench.meter import Cost, Meter

Batch = NDArray[np.float32]


def main() -> None:
    settings = WorkerSettings()
    ensemble = open_ensemble(Path(sys.argv[1]), SessionOptions(batch_windows=settings.batch_windows))
    minutes = [Path(name) for name in sys.argv[2:]]
    # One session for all threads, as in the worker: a run computes on its caller's thread.
    (member,) = ensemble.members
    cost = _run(_open_bare(ensemble), member, _cut_batches(ensemble, minutes[0]), len(minutes), settings.sessions)
    print(json.dumps(asdict(cost)))  # noqa: T201 - what the bench reads


def _cut_batches(ensemble: Ensemble, minute: Path) -> list[Batch]:
    """Return the windows that the worker runs for a minute, in its batches."""
    (member,), ((front_end, _),) = ensemble.members, ensemble.front_ends
    audio = load_audio(minute, -ensemble.margin_s, 60.0 + ensemble.margin_s, ensemble.formats, duration_s=60.0)
    shifts_s, reach = ensemble.pack.manifest.score.shifts_s, ensemble.smoothing_reach
    stretch = stretch_of(Segment(0, 0.0, 60.0), 60.0, ensemble.facts.grid, shifts_s=shifts_s, smoothing_reach=reach)
    starts_s, size = open_accumulator(member, stretch).starts_s, ensemble.options.batch_size
    return [front_end.prepare(audio, starts_s[i : i + size], None) for i in range(0, len(starts_s), size)]


def _open_bare(ensemble: Ensemble) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    (member,) = ensemble.pack.members
    return ort.InferenceSession(ensemble.pack.folder / member.table.file, options, providers=["CPUExecutionProvider"])


def _run(session: Any, member: OpenMember, batches: list[Batch], minutes: int, threads: int) -> Cost:
    outputs = list(member._outputs)

    def run_minute(_: int) -> None:
        for batch in batches:
            session.run(outputs, {member.table.input: batch})

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run_minute, range(threads)))
        meter = Meter([os.getpid()])
        list(pool.map(run_minute, range(minutes)))
        return meter.read()


if __name__ == "__main__":
    main()
