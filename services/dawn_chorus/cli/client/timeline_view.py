"""Draws a timeline with characters: one row per taxon, time from left to right."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

SILENT, FAINT, SINGING = " ", "░", "█"
FAINT_FROM = 0.1
LEGEND = f"{SINGING} detected   {FAINT} score of {FAINT_FROM} or more"
_TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_TICK_CHARACTERS = 10
"""The least distance between two labels."""


def picture_lines(timeline: dict[str, Any], recorded_at: datetime | None, width: int) -> Iterator[str]:
    """Yield the lines of the drawing: the taxa with detections, by first onset, `width` characters wide.

    `timeline` is the API's. The time axis shows the time of day if the recording's start is known.
    """
    sung = [entry for entry in timeline["taxa"] if entry["detections"]]
    sung.sort(key=lambda entry: (entry["detections"][0]["onset_s"], -entry["peak"]))
    if not sung:
        yield "No detections."
        return
    names = [_name(entry) for entry in sung]
    counts = [_count(entry) for entry in sung]
    margin = max(len(name) for name in names)
    columns = max(20, width - margin - max(len(count) for count in counts) - 4)
    duration_s = timeline["duration_s"]
    yield f"{'':{margin}}  {axis(duration_s, columns, recorded_at)}"
    for name, count, entry in zip(names, counts, sung, strict=True):
        yield f"{name:{margin}}  {row(entry, timeline, columns)}  {count}"
    yield f"{'':{margin}}  {LEGEND}"


def row(entry: dict[str, Any], timeline: dict[str, Any], columns: int) -> str:
    """Return one taxon's row; a character is dark if any of its time is within a detection, however short."""
    cells = [SILENT] * columns
    duration_s, window_s = timeline["duration_s"], timeline["window_s"] or 0.0
    faint = [(w["start_s"], w["start_s"] + window_s) for w in entry["windows"] if w["score"] >= FAINT_FROM]
    sung = [(event["onset_s"], event["offset_s"]) for event in entry["detections"]]
    for spans, mark in ((faint, FAINT), (sung, SINGING)):
        for start_s, end_s in spans:
            first = min(columns - 1, int(start_s / duration_s * columns))
            last = min(columns, max(first + 1, round(end_s / duration_s * columns)))
            cells[first:last] = mark * (last - first)
    return "".join(cells)


def axis(duration_s: float, columns: int, recorded_at: datetime | None) -> str:
    """Return the time axis: labels at round times, each starting at the column of its time."""
    smallest_s = duration_s * _TICK_CHARACTERS / columns
    step_s = next((step for step in _TICK_STEPS_S if step >= smallest_s), _TICK_STEPS_S[-1])
    text = ""
    for tick_s in _ticks(duration_s, step_s, recorded_at):
        column = int(tick_s / duration_s * columns)
        label = _label(tick_s, step_s, recorded_at)
        if column >= len(text) and column + len(label) <= columns:
            text = text.ljust(column) + label + " "
    return text.ljust(columns)[:columns]


def _ticks(duration_s: float, step_s: int, recorded_at: datetime | None) -> Iterator[float]:
    """Yield the times within the recording, in seconds, that are round on the clock that the axis shows."""
    first_s = 0.0
    if recorded_at is not None:
        midnight = recorded_at.replace(hour=0, minute=0, second=0, microsecond=0)
        first_s = -((recorded_at - midnight).total_seconds() % step_s) % step_s
    while first_s < duration_s:
        yield first_s
        first_s += step_s


def _label(tick_s: float, step_s: int, recorded_at: datetime | None) -> str:
    if recorded_at is not None:
        return (recorded_at + timedelta(seconds=tick_s)).strftime("%H:%M" if step_s % 60 == 0 else "%H:%M:%S")
    minutes, seconds = divmod(round(tick_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _name(taxon: dict[str, Any]) -> str:
    return str(taxon["common_name"] or taxon["scientific_name"])


def _count(entry: dict[str, Any]) -> str:
    detections: Sequence[dict[str, Any]] = entry["detections"]
    return f"{len(detections)}×, best {max(event['confidence'] for event in detections):.2f}"
