"""Writes the JSON of a `TimelineOut` taxon by taxon, without an object for each of its million scores."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from dawn_chorus.adapters.postgres.timelines import TaxonTimeline
from dawn_chorus.adapters.postgres.values import AnalysisStatus
from dawn_chorus.api.models.rendering import pack_out
from dawn_chorus.api.models.responses import EventOut, TaxonTimelineOut, TimelineOut
from dawn_chorus.domain.exports import detection_row
from dawn_chorus.domain.recording import Recording
from dawn_chorus.domain.timeline import Detection, Scores

_SCORES_A_PART = 8192


def timeline_json(
    status: AnalysisStatus, recording: Recording, rows: Iterator[TaxonTimeline], *, frames: bool
) -> Iterator[bytes]:
    """Yield the document in parts; at most one taxon is in memory."""
    first = next(rows, None)
    yield _head(status, first).model_dump_json(exclude={"taxa"})[:-1].encode() + b', "taxa": ['
    if first is not None:
        yield from _taxon(first, recording, frames=frames)
    for row in rows:
        yield b",\n"
        yield from _taxon(row, recording, frames=frames)
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


def _taxon(row: TaxonTimeline, recording: Recording, *, frames: bool) -> Iterator[bytes]:
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
    yield from _scores(row.window_start_s, row.window_scores)
    yield b'],"detections":' + to_json([_event(detection, recording) for detection in row.detections])
    if frames:
        yield b',"frames":['
        yield from _scores(row.frame_start_s, row.frame_scores)
        yield b"]"
    yield b"}"


def _scores(starts_s: NDArray[np.float64], scores: Scores) -> Iterator[bytes]:
    """Yield the elements of a list of `ScoreOut`; scores with six decimals: a float32 is no more precise."""
    for first in range(0, len(scores), _SCORES_A_PART):
        part = slice(first, first + _SCORES_A_PART)
        # The product of a float32 and 10⁶ is exact in a float64: this rounds as Python does.
        rounded = np.rint(scores[part].astype(np.float64) * 1e6) / 1e6
        pairs = zip(_numbers(starts_s[part]), _numbers(rounded), strict=True)
        elements = b'},{"start_s":'.join(map(b',"score":'.join, pairs))
        yield (b"," if first else b"") + b'{"start_s":' + elements + b"}"


def _numbers(values: NDArray[np.float64]) -> list[bytes]:
    """Return each value as pydantic writes it in JSON."""
    return to_json(values.tolist())[1:-1].split(b",")


def _event(detection: Detection, recording: Recording) -> dict[str, object]:
    """Return an `EventOut` as a mapping."""
    row = detection_row(detection, recording.place.recorded_at)
    return {field: row[field] for field in EventOut.model_fields}
