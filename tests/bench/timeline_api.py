"""The API as a process of its own, with the timeline as it was made until now at a second address.

`python -m tests.bench.timeline_api DATABASE_URL STORE_URL PORT`
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

import uvicorn
from starlette.responses import StreamingResponse

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.analyses import get_status
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.adapters.postgres.timelines import TaxonTimeline, TimelineFilter, read_timeline
from dawn_chorus.api.app import create_app
from dawn_chorus.api.models.responses import EventOut, ScoreOut, TaxonTimelineOut
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.domain.exports.findings import detection_row
from dawn_chorus.domain.recording import Recording, round_s
from dawn_chorus.domain.timeline import Scores

_IN_MEMORY_BYTES = 4 * 2**20
_CHUNK_BYTES = 256 * 2**10


def spooled(lines: Iterable[str], headers: Mapping[str, str]) -> StreamingResponse:
    spool = SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by _chunks
    for line in lines:
        spool.write(line.encode())
    sized = {**headers, "Content-Length": str(spool.tell())}
    spool.seek(0)
    return StreamingResponse(_chunks(spool), headers=sized, media_type="application/json")


def _chunks(spool: IO[bytes]) -> Iterator[bytes]:
    with closing(spool):
        while chunk := spool.read(_CHUNK_BYTES):
            yield chunk


def lines_before(database: Database, analysis_id: UUID, *, frames: bool) -> Iterator[str]:
    """Yield the taxa of a timeline with an object for each score and each position rounded by itself."""
    status = get_status(database, analysis_id)
    recording = get_recording(database, status.analysis.recording_id).recording
    rows = read_timeline(database, analysis_id, TimelineFilter(frames=frames))
    return (_taxon_json(row, recording, frames=frames) + ",\n" for row in rows)


def _taxon_json(row: TaxonTimeline, recording: Recording, *, frames: bool) -> str:
    out = TaxonTimelineOut(
        code=row.taxon.code,
        scientific_name=row.taxon.scientific_name,
        common_name=row.taxon.common_name,
        taxonomic_class=row.taxon.taxonomic_class,
        peak=round(row.peak, 6),
        windows=_scores(row.window_s, row.window_scores),
        detections=[
            EventOut.model_validate(detection_row(each, recording.place.recorded_at)) for each in row.detections
        ],
        frames=_scores(row.frame_s or 0.0, row.frame_scores) if frames else None,
    )
    return out.model_dump_json(exclude=None if frames else {"frames"})


def _scores(step_s: float, scores: Scores) -> list[ScoreOut]:
    return [
        ScoreOut(start_s=round_s(number * step_s), score=round(score, 6))
        for number, score in enumerate(scores.tolist())
    ]


def main(url: str, store_url: str, port: int) -> None:
    with Database(url) as database:
        app = create_app(ApiSettings(database_url=url), database, open_audio_store(store_url))

        @app.get("/before/{analysis_id}")
        def before(analysis_id: UUID, *, frames: bool = False) -> StreamingResponse:
            return spooled(lines_before(database, analysis_id, frames=frames), {})

        uvicorn.run(app, port=port, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
