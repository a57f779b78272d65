"""Writes the JSON of a `TimelineOut` taxon by taxon, without an object for each of its million scores."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from dawn_chorus.adapters.postgres.timelines import TaxonTimeline
from dawn_chorus.adapters.postgres.values import AnalysisStatus
from dawn_chorus.api.models.rendering import pack_out
from dawn_chorus.api.models.responses import TaxonTimelineOut, TimelineOut
from dawn_chorus.domain.exports.findings import clock_time, review_row
from dawn_chorus.domain.recording import Recording
from dawn_chorus.domain.timeline import Scores

_SCORES_A_PART = 8192


def timeline_json(
    status: AnalysisStatus, recording: Recording, rows: Iterator[TaxonTimeline], *, frames: bool
) -> Iterator[bytes]:
    """Yield the document in parts; at most one taxon is in memory."""
    first, positions = next(rows, None), _Positions()
    yield _head(status, first).model_dump_json(exclude={"taxa"})[:-1].encode() + b', "taxa": ['
    if first is not None:
        yield from _taxon(first, recording, positions, frames=frames)
    for row in rows:
        yield b",\n"
        yield from _taxon(row, recording, positions, frames=frames)
    yield b"]}\n"


def _head(status: AnalysisStatus, first: TaxonTimeline | None) -> TimelineOut:
    return TimelineOut(
        analysis_id=status.analysis.id,
        recording_id=status.analysis.recording_id,
        state=status.analysis.state,
        result=status.analysis.result,
        pack=pack_out(status.analysis),
        duration_s=status.duration_s,
        analyzed_s=status.analyzed_s,
        failed_s=status.failed_s,
        floor=status.analysis.settings.floor,
        window_s=first and first.window_s,
        frame_s=first and first.frame_s,
        taxa=[],
    )


def _taxon(row: TaxonTimeline, recording: Recording, positions: "_Positions", *, frames: bool) -> Iterator[bytes]:
    """Yield the JSON of a `TaxonTimelineOut`."""
    named = TaxonTimelineOut(
        code=row.taxon.code,
        scientific_name=row.taxon.scientific_name,
        common_name=row.taxon.common_name,
        taxonomic_class=row.taxon.taxonomic_class,
        peak=round(row.peak, 6),
        windows=[],
        detections=[],
    )
    yield named.model_dump_json(exclude={"windows", "detections", "frames"})[:-1].encode() + b',"windows":['
    yield from _scores(positions.written(row.window_start_s).__getitem__, row.window_scores)
    yield b'],"detections":' + to_json(_events(row, recording.place.recorded_at))
    if frames:
        yield b',"frames":['
        yield from _scores(lambda part: _openings(row.frame_start_s[part]), row.frame_scores)
        yield b"]"
    yield b"}"


class _Positions:
    """Writes positions as JSON, and only once those that the taxa of a recording have in common."""

    def __init__(self) -> None:
        self._last: NDArray[np.float64] = np.empty(0)
        self._written: list[bytes] = []

    def written(self, starts_s: NDArray[np.float64]) -> list[bytes]:
        """Return what `_openings` returns."""
        if not np.array_equal(starts_s, self._last):
            self._last, self._written = starts_s, _openings(starts_s)
        return self._written


def _scores(openings: Callable[[slice], list[bytes]], scores: Scores) -> Iterator[bytes]:
    """Yield the elements of a list of `ScoreOut`; scores with six decimals: a float32 is no more precise."""
    for first in range(0, len(scores), _SCORES_A_PART):
        part = slice(first, first + _SCORES_A_PART)
        # The product of a float32 and 10⁶ is exact in a float64: this rounds as Python does.
        rounded = np.rint(scores[part].astype(np.float64) * 1e6) / 1e6
        pieces = [b""] * (2 * len(rounded))
        pieces[::2], pieces[1::2] = openings(part), to_json(rounded.tolist())[1:-1].split(b",")
        pieces[0] = pieces[0].removeprefix(b"}" if first else b"},")
        yield b"".join(pieces) + b"}"


def _openings(starts_s: NDArray[np.float64]) -> list[bytes]:
    """Return, of each position, what stands between the score before it and its own."""
    if not len(starts_s):
        return []
    numbers = to_json(starts_s.tolist())[1:-1]
    written = numbers.replace(b",", b',"score":\0},{"start_s":')
    return (b'},{"start_s":' + written + b',"score":').split(b"\0")


def _events(row: TaxonTimeline, recorded_at: datetime | None) -> list[dict[str, object]]:
    """Return `EventOut`s as mappings."""
    started, ended = (
        _clock_times(recorded_at, positions_s)
        for positions_s in ([each.onset_s for each in row.detections], [each.offset_s for each in row.detections])
    )
    return [
        {
            "onset_s": round(each.onset_s, 3),
            "offset_s": round(each.offset_s, 3),
            "started_at": started_at,
            "ended_at": ended_at,
            "confidence": round(each.confidence, 4),
            "channel": each.channel,
            "review": review_row(review),
            "spread": None if each.spread is None else round(each.spread, 4),
        }
        for each, review, started_at, ended_at in zip(row.detections, row.reviews, started, ended, strict=True)
    ]


def _clock_times(recorded_at: datetime | None, positions_s: Sequence[float]) -> Sequence[str | None]:
    """Return the `clock_time` of each position, which are in whole microseconds."""
    if recorded_at is None or not isinstance(recorded_at.tzinfo, timezone):
        return [clock_time(recorded_at, position_s) for position_s in positions_s]
    # An offset that is the same all the time: the clock needs no calendar.
    steps = np.rint(np.array(positions_s, float) * 1e6).astype("timedelta64[us]")
    local = np.datetime64(recorded_at.replace(tzinfo=None), "us") + steps
    offset = recorded_at.replace(microsecond=0).isoformat().removeprefix(f"{recorded_at:%Y-%m-%dT%H:%M:%S}")
    return [f"{text}{offset}" for text in np.datetime_as_string(local.astype("datetime64[ms]")).tolist()]
