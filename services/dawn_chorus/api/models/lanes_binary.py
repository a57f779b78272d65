"""Writes lanes: a header in JSON, then the steps of all taxa, of two bytes each."""

from collections.abc import Iterator
from dataclasses import asdict

from pydantic_core import to_json

from dawn_chorus.adapters.postgres.lanes import Lane, Lanes

_ALIGNED_BYTES = 4
_LENGTH_BYTES = 4

HEADER_EXAMPLE = {
    "taxa": [
        {
            "code": "eurrob1",
            "scientific_name": "Erithacus rubecula",
            "common_name": "European Robin",
            "peak": 0.94,
            "rule": {"onset_threshold": 0.5, "offset_threshold": 0.3, "min_event_s": 0.0, "min_gap_s": 0.5},
        }
    ],
    "first": 0,
    "n": 120,
    "step_s": 5.0,
    "kind": "windows",
    "end_s": 600.0,
    "runs": [[0, 60]],
    "lost": [{"start_s": 300.0, "end_s": 600.0, "reason": "the decoder crashed (signal 11)"}],
}


def lanes_binary(lanes: Lanes) -> tuple[int, Iterator[bytes]]:
    """Return how many bytes there are, and the bytes; a few lanes at a time are in memory."""
    head = _head(lanes)
    size_bytes = len(head) + 2 * len(lanes.lanes) * len(lanes.steps)
    return size_bytes, _parts(head, lanes)


def _parts(head: bytes, lanes: Lanes) -> Iterator[bytes]:
    yield head
    for rows in lanes.rows:
        yield rows.tobytes()


def _head(lanes: Lanes) -> bytes:
    """Return the header after its length, which counts the spaces that follow it."""
    header = to_json(
        {
            "taxa": [_taxon(lane) for lane in lanes.lanes],
            "first": lanes.steps.start,
            "n": len(lanes.steps),
            "step_s": lanes.step_s,
            "kind": lanes.kind,
            "end_s": lanes.end_s,
            "runs": [[run.start, len(run)] for run in lanes.runs],
            "lost": [asdict(stretch) for stretch in lanes.lost],
        }
    )
    header += b" " * (-(_LENGTH_BYTES + len(header)) % _ALIGNED_BYTES)
    return len(header).to_bytes(_LENGTH_BYTES, "little") + header


def _taxon(lane: Lane) -> dict[str, object]:
    return {
        "code": lane.taxon.code,
        "scientific_name": lane.taxon.scientific_name,
        "common_name": lane.taxon.common_name,
        "peak": round(lane.peak, 6),
        "rule": {name: float(value) for name, value in asdict(lane.rule).items()},
    }
