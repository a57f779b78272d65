"""Another reading of lanes, and of how events are cut from them: one integer at a time, as a browser may do it."""

import json
import math
import struct
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from dawn_chorus.domain.event_rules import EventRule

Cut = tuple[float, float, int]
"""Onset and offset in seconds, and the highest step between them."""
_MICROSECOND = Decimal("0.000001")


def read_lanes(answer: bytes) -> tuple[dict[str, Any], list[list[int]]]:
    """Return the header, and the row of each taxon."""
    (header_bytes,) = struct.unpack_from("<I", answer)
    begin = 4 + header_bytes
    assert begin % 4 == 0
    header: dict[str, Any] = json.loads(answer[4:begin])
    n, taxa = header["n"], len(header["taxa"])
    assert len(answer) == begin + 2 * n * taxa
    return header, [list(struct.unpack_from(f"<{n}H", answer, begin + 2 * n * row)) for row in range(taxa)]


def cut_lanes(answer: bytes) -> list[tuple[str, Cut]]:
    """Return the events of all taxa with the taxon's code, each by its own rule, sorted."""
    header, rows = read_lanes(answer)
    where = {"step_s": header["step_s"], "end_s": header["end_s"]}
    return sorted(
        (taxon["code"], event)
        for taxon, row in zip(header["taxa"], rows, strict=True)
        for event in cut_slowly(row, header["first"], header["runs"], EventRule(**taxon["rule"]), **where)
    )


def cut_slowly(
    row: Sequence[int], first: int, runs: Sequence[Sequence[int]], rule: EventRule, *, step_s: float, end_s: float
) -> list[Cut]:
    """Return the events of a row of lanes, whose first step is number `first`; `runs` are [first, n], as in lanes."""
    found: list[Cut] = []
    for run_first, n in runs:
        joined: list[Cut] = []
        for begin, end in _active(row[run_first - first : run_first - first + n], rule):
            peak = max(row[run_first - first + begin : run_first - first + end])
            onset_s = _rounded((run_first + begin) * step_s)
            offset_s = min(_rounded((run_first + end) * step_s), end_s)
            if offset_s <= onset_s:
                continue
            if joined and onset_s - joined[-1][1] < rule.min_gap_s - 1e-9:
                joined[-1] = (joined[-1][0], offset_s, max(joined[-1][2], peak))
            else:
                joined.append((onset_s, offset_s, peak))
        found += [each for each in joined if each[1] - each[0] >= rule.min_event_s - 1e-9]
    return found


def _active(steps: Sequence[int], rule: EventRule) -> Iterator[tuple[int, int]]:
    on, off = math.ceil(rule.onset_threshold * 65535), math.ceil(rule.offset_threshold * 65535)
    begin = None
    for index, step in enumerate(steps):
        if begin is None and step >= on:
            begin = index
        elif begin is not None and step < off:
            yield begin, index
            begin = None
    if begin is not None:
        yield begin, len(steps)


def _rounded(seconds: float) -> float:
    """To the microsecond: of the double's exact value, half to even."""
    return float(Decimal(seconds).quantize(_MICROSECOND, ROUND_HALF_EVEN))
