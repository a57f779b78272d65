"""Examples of how events are cut, for implementations in other languages; `golden_cuts.json` holds what this makes.

`python -m tests.unit.domain.golden_cuts` writes the file again. Each case has a row of lanes (`first`, `steps`, `runs`
as in `GET /v1/analyses/{id}/lanes`), a rule, and the events: onset and offset in seconds, and the highest step.
Positions are rounded to the microsecond, half to even.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from dawn_chorus.domain.detections import ScoreRun, detect_events, threshold_step
from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import quantize_scores

FILE = Path(__file__).with_name("golden_cuts.json")
_TAXON = Taxon("winwre4", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
_RANDOM_CASES = 150
_THRESHOLDS = (0.0, 1.0, 1e-45, 1e-6, 0.05, 0.1, 0.3, 0.5, 0.6, 1 / 3, 0.999995, 1234 / 65535, 32768 / 65535)
_STEPS_S = (0.5, 0.25, 5.0, 3.0, 1 / 3, 0.1171875, 0.32, 1.0666666666666667)
"""The sixth has positions that lie halfway between two microseconds."""


def make() -> str:
    """Return the file's text, a line a case."""
    cases = [_case(name, *given) for name, *given in (*_edges(), *_random())]
    return '{"cases": [\n' + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]}\n"


def _case(
    name: str, first: int, steps: Sequence[int], runs: Sequence[tuple[int, int]], rule: EventRule, step_s: float,
    end_s: float,
) -> dict[str, Any]:  # fmt: skip
    row = np.array(steps, np.uint16)
    parts = [ScoreRun(begin, row[begin - first : begin - first + n]) for begin, n in runs]
    found = detect_events(_TAXON, parts, rule, step_s=step_s, end_s=end_s)
    events = [
        [event.onset_s, event.offset_s, int(quantize_scores(np.array(event.confidence, np.float32)))] for event in found
    ]
    return {
        "name": name, "first": first, "steps": list(steps), "runs": [list(run) for run in runs], "rule": asdict(rule),
        "step_s": step_s, "end_s": end_s, "events": events,
    }  # fmt: skip


def _edges() -> Iterator[tuple[Any, ...]]:
    """Yield each threshold with steps just below, on and just above it, and the double below and above a step."""
    beside = (math.nextafter(30000 / 65535, 0), 30000 / 65535, math.nextafter(30000 / 65535, 1))
    for threshold in (*_THRESHOLDS, *beside):
        step = threshold_step(threshold)
        steps = [0, max(0, step - 1), step, min(65535, step + 1), step, max(0, step - 1), 0, step, 0]
        yield f"at {threshold!r}", 0, steps, [(0, 9)], EventRule(threshold, threshold, 0.0, 0.0), 0.5, 4.5
    wavers = [6554, 39322, 26214, 22938, 45875, 13107]
    yield "between the thresholds", 10, wavers, [(10, 6)], EventRule(0.5, 0.3, 0.0, 0.0), 0.5, 8.0
    far = [60000, 0, 60000, 0, 0, 0, 60000]
    yield "joined before short ones are dropped", 0, far, [(0, 7)], EventRule(0.5, 0.3, 1.0, 1.0), 0.5, 3.5
    yield "not joined over the end of a run", 0, [60000] * 6, [(0, 2), (3, 3)], EventRule(0.5, 0.3, 0.0, 9.0), 0.5, 3.0
    yield "ends with the recording", 0, [0, 60000, 60000], [(0, 3)], EventRule(0.5, 0.3, 0.0, 0.0), 0.5, 1.2
    yield "begins with the end of the recording", 0, [0, 0, 60000], [(0, 3)], EventRule(0.5, 0.3, 0.0, 0.0), 0.5, 1.0
    yield "no end below an offset of 0", 0, [0, 60000, 0, 0], [(0, 4)], EventRule(0.5, 0.0, 0.0, 0.0), 5.0, 18.0
    yield "no run", 7, [60000, 60000], [], EventRule(), 5.0, 45.0
    yield "nothing", 0, [], [], EventRule(), 5.0, 0.0


def _random() -> Iterator[tuple[Any, ...]]:
    random = Random(20260503)
    for number in range(_RANDOM_CASES):
        high, low = sorted((_pick(random, _THRESHOLDS), _pick(random, _THRESHOLDS)), reverse=True)
        step_s = _pick(random, _STEPS_S)
        rule = EventRule(high, low, *(int(random.random() * 4) * step_s * _pick(random, (1.0, 0.9)) for _ in range(2)))
        first, n = int(random.random() * 20000), 5 + int(random.random() * 55)
        near = [threshold_step(threshold) + shift for threshold in (high, low) for shift in (-1, 0, 1)]
        values = [0, 65535, *(min(65535, max(0, step)) for step in near)]
        steps = [_pick(random, values) if random.random() < 0.8 else int(random.random() * 65536) for _ in range(n)]
        end_s = (first + n) * step_s - random.random() * step_s * int(random.random() * 2)
        yield f"random {number}", first, steps, list(_runs(random, first, n)), rule, step_s, end_s


def _runs(random: Random, first: int, n: int) -> Iterator[tuple[int, int]]:
    position = first
    while position < first + n:
        length = min(first + n - position, 1 + int(random.random() * 40))
        yield position, length
        position += length + 1 + int(random.random() * 4)


def _pick(random: Random, values: Sequence[Any]) -> Any:
    return values[int(random.random() * len(values))]


if __name__ == "__main__":
    FILE.write_text(make())
