"""Warnings: what a user should know before trusting a result. None of them changes the result.

They are measured segment by segment and stored as rows; `merge_warnings` makes of them what users read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from dawn_chorus.domain.recording import round_s

MIN_SILENCE_S = 5.0
"""Digital silence that lasts less is not reported: encoders and players leave some at both ends of a file."""
TOUCHING_S = 0.001
"""Stretches closer than this are neighbors: positions in samples and in seconds round differently."""


class WarningCode(StrEnum):
    """What scripts look at; the sentence beside it may change."""

    CHANNELS_CANCEL = "channels_cancel"
    CHANNELS_DIFFER = "channels_differ"
    SILENCE = "silence"
    CLIPPED = "clipped"
    LENGTH_DOUBTED = "length_doubted"
    PLACE_CHANGED = "place_changed"


@dataclass(frozen=True, slots=True)
class AnalysisWarning:
    """One thing to know about an analysis, or about a stretch of its recording."""

    code: str
    """A `WarningCode`; a worker of a newer version may know others."""
    detail: str
    """A sentence for people: what was found, and what to do."""
    start_s: float | None = None
    """Seconds from the recording's start, like `end_s`; None: it concerns the analysis as a whole."""
    end_s: float | None = None
    channel: int | None = None
    """From 1; None: all channels, or none in particular."""


def merge_warnings(found: Iterable[AnalysisWarning]) -> tuple[AnalysisWarning, ...]:
    """Return the warnings in order of time, neighbors of one code and channel joined, short silence dropped.

    A joined warning has the sentence of its first part: the numbers in it were measured there.
    """
    last: dict[tuple[str, int | None], int] = {}
    merged: list[AnalysisWarning] = []
    for each in sorted(found, key=_place):
        key = (each.code, each.channel)
        before = merged[last[key]] if key in last else None
        if before is not None and _touch(before, each):
            merged[last[key]] = replace(before, end_s=max(before.end_s or 0.0, each.end_s or 0.0))
        elif before != each:
            last[key] = len(merged)
            merged.append(each)
    return tuple(_name_silence(each) for each in merged if not _is_short_silence(each))


def join_codes(found: Iterable[AnalysisWarning]) -> str:
    """Return the codes, each once, joined by `;`: the column `warnings` of tables."""
    return ";".join(dict.fromkeys(each.code for each in found))


def describe_warning(warning: AnalysisWarning) -> str:
    """Return a line for people: where, what, and the code to look up."""
    where = ""
    if warning.code != WarningCode.SILENCE and warning.start_s is not None and warning.end_s is not None:
        where = f"{round(warning.start_s, 3):.12g} s to {round(warning.end_s, 3):.12g} s: "
    return f"{where}{warning.detail} ({warning.code})"


def _place(warning: AnalysisWarning) -> tuple[float, str, int]:
    return (-1.0 if warning.start_s is None else warning.start_s, warning.code, warning.channel or 0)


def _touch(before: AnalysisWarning, after: AnalysisWarning) -> bool:
    if before.end_s is None or after.start_s is None:
        return False
    return after.start_s <= before.end_s + TOUCHING_S


def _is_short_silence(warning: AnalysisWarning) -> bool:
    if warning.code != WarningCode.SILENCE or warning.start_s is None or warning.end_s is None:
        return False
    return round_s(warning.end_s - warning.start_s) < MIN_SILENCE_S


def _name_silence(warning: AnalysisWarning) -> AnalysisWarning:
    """Return digital silence with a sentence that names its whole stretch."""
    if warning.code != WarningCode.SILENCE or warning.start_s is None or warning.end_s is None:
        return warning
    stretch = f"{round(warning.start_s, 3):.12g} s to {round(warning.end_s, 3):.12g} s"
    return replace(warning, detail=f"digital silence from {stretch}: every sample is exactly 0")
