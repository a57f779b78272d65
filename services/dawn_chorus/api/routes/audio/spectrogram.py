"""The spectrogram of a recording: which pictures there are, and the pictures."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.postgres.audio_presence import check_audio
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.adapters.postgres.values import StoredRecording
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.disconnects import while_connected
from dawn_chorus.api.http.problems import (
    AUDIO_REMOVED,
    BUSY,
    INVALID,
    NOT_FOUND,
    UNDECODABLE,
    Problem,
    documented,
    invalid_field,
)
from dawn_chorus.api.models.rendering import json_response, recording_url
from dawn_chorus.api.models.spectrograms import (
    ContrastOut,
    LevelOut,
    SpectrogramOut,
    SpectrogramQuery,
    TileQuery,
)
from dawn_chorus.api.spectrograms.subject import Subject
from dawn_chorus.domain.analysis import AnalysisResult
from dawn_chorus.domain.pictures.spectrogram_grid import (
    COLUMNS,
    DRAWN_SPAN_S,
    ROWS,
    count_pictures,
    level_to_db,
    spans_of,
)
from dawn_chorus.domain.warnings import WarningCode

_WEBP = {"image/webp": {"schema": {"type": "string", "format": "binary"}}}
_FOR_EVER, _FOR_NOW = "private, max-age=31536000, immutable", "private, max-age=300"
_PROBLEMS = documented(NOT_FOUND, AUDIO_REMOVED, INVALID, UNDECODABLE, BUSY)
router = APIRouter(tags=["recordings"])


@router.get(
    "/v1/recordings/{recording_id:uuid}/spectrogram",
    summary="Which pictures there are of its sound",
    response_model=SpectrogramOut,
    responses=_PROBLEMS,
)
async def get_spectrogram(
    recording_id: UUID, request: Request, query: Annotated[SpectrogramQuery, Query()], deps: Deps, _caller: Reader
) -> Response:
    """Return the levels of zoom, the meaning of pixels, and the contrast of what is shown."""
    stored = await _find(deps, recording_id)

    async def describe() -> SpectrogramOut:
        subject = await _subject(deps, stored, query)
        contrast = await deps.drawing.contrast(subject)
        return _describe(recording_id, subject, ContrastOut(low_db=contrast.low_db, high_db=contrast.high_db))

    return json_response(await while_connected(request, describe()))


@router.get(
    "/v1/recordings/{recording_id:uuid}/spectrogram/{span_s}/{index}.webp",
    summary="A picture of a stretch of its sound",
    response_class=Response,
    responses={
        200: {
            "content": _WEBP,
            "description": "512 × 256 pixels, gray; transparent where there is no sound.",
            "headers": {
                "Chorus-Drawn-Share": {
                    "description": "How much of an overview is drawn, 0 to 1; not there for other pictures.",
                    "schema": {"type": "string"},
                    "example": "0.250",
                }
            },
        },
        304: {"description": "The client already has this picture."},
        **_PROBLEMS,
    },
)
async def get_tile(
    recording_id: UUID,
    span_s: Annotated[int, Path(description="A power of two, from 2.", examples=[16])],
    index: Annotated[int, Path(ge=0, description="Which one: it begins at `index · span_s`.", examples=[0])],
    request: Request,
    query: Annotated[TileQuery, Query()],
    deps: Deps,
    _caller: Reader,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return the picture of the sound from `index · span_s` on.

    Spans up to 256 s are drawn at once. Longer ones, up to the first that covers the recording, are overviews: parts
    of 512 s are drawn first and kept. Until all are there, the answer is 503 with `Retry-After`, or, with `partial`,
    the picture so far: the header `Chorus-Drawn-Share` tells how much of it is there.
    """
    stored = await _find(deps, recording_id)
    _check_picture(stored.recording.audio.duration_s, span_s, index)

    async def make() -> Response:
        subject = await _subject(deps, stored, query)
        headers = _headers(subject, span_s, index, is_lasting=query.channel is not None or subject.n_channels == 1)
        if if_none_match is not None and (if_none_match.strip() == "*" or headers["ETag"] in if_none_match):
            return Response(status_code=304, headers=headers)
        if span_s <= DRAWN_SPAN_S:
            return Response(await deps.drawing.tile(subject, span_s, index), 200, headers, "image/webp")
        picture = await deps.overviews.picture(subject, span_s, index, partial=query.partial)
        if picture.drawn_share < 1:
            headers = {"Cache-Control": "no-store"}
        headers["Chorus-Drawn-Share"] = f"{picture.drawn_share:.3f}"
        return Response(picture.webp, 200, headers, "image/webp")

    return await while_connected(request, make())


async def _find(deps: Dependencies, recording_id: UUID) -> StoredRecording:
    """Return a recording whose audio is there. Raises NotFound, AudioRemoved."""
    stored = await run_in_threadpool(get_recording, deps.database, recording_id)
    check_audio(recording_id, stored.recording.audio_removed_at)
    return stored


async def _subject(deps: Dependencies, stored: StoredRecording, query: SpectrogramQuery) -> Subject:
    """Return what is shown. Raises Problem for a channel that the recording lacks, and as measuring contrast does."""
    recording, n_channels = stored.recording, stored.recording.audio.channels
    if query.channel is None:
        return await _default_subject(deps, stored)
    if query.channel != "mix" and query.channel > n_channels:
        have = "1 channel" if n_channels == 1 else f"{n_channels} channels"
        raise invalid_field("channel", f"the recording has {have}: there is no channel {query.channel}")
    return Subject.of(recording, None if query.channel == "mix" else query.channel)


async def _default_subject(deps: Dependencies, stored: StoredRecording) -> Subject:
    """Return what the analysis scores that counts: the newest with a result, else the newest."""
    recording = stored.recording
    mix = Subject.of(recording, None)
    if mix.n_channels == 1 or not stored.analyses:
        return mix
    results = (AnalysisResult.SUCCEEDED, AnalysisResult.PARTIAL)
    analysis = max(stored.analyses, key=lambda each: (each.result in results, each.created_at))
    scored = analysis.settings.channels
    if isinstance(scored, int):
        return Subject.of(recording, scored)

    def codes() -> str:
        with deps.database.snapshot() as connection:
            return warning_codes_of(connection, [analysis.id])[analysis.id]

    if WarningCode.CHANNELS_CANCEL not in (await run_in_threadpool(codes)).split(";"):
        return mix
    return Subject.of(recording, (await deps.drawing.contrast(mix)).loudest)


def _check_picture(duration_s: float, span_s: int, index: int) -> None:
    """Raise Problem for a picture that a recording does not have."""
    spans = spans_of(duration_s)
    if span_s not in spans:
        raise invalid_field("span_s", f"pictures of this recording span {', '.join(map(str, spans))} s")
    count = count_pictures(duration_s, span_s)
    if index >= count:
        raise Problem(NOT_FOUND, f"The recording ends at {duration_s} s: it has {count} pictures of {span_s} s")


def _headers(subject: Subject, span_s: int, index: int, *, is_lasting: bool) -> dict[str, str]:
    name = f"{subject.sha256[:32]}-{subject.version}-{subject.channel or 'mix'}-{span_s}-{index}"
    return {
        "ETag": f'"{name}"',
        # Without a channel in the address, another analysis may lead to another picture.
        "Cache-Control": _FOR_EVER if is_lasting else _FOR_NOW,
    }


def _describe(recording_id: UUID, subject: Subject, contrast: ContrastOut) -> SpectrogramOut:
    levels = [
        LevelOut(
            span_s=span_s,
            pictures=count_pictures(subject.duration_s, span_s),
            column_s=span_s / COLUMNS,
            overview=span_s > DRAWN_SPAN_S,
        )
        for span_s in spans_of(subject.duration_s)
    ]
    address = f"{recording_url(recording_id)}/spectrogram/{{span_s}}/{{index}}.webp"
    return SpectrogramOut(
        recording_id=recording_id,
        duration_s=subject.duration_s,
        channel=subject.channel,
        width_px=COLUMNS,
        height_px=ROWS,
        min_hz=0.0,
        max_hz=subject.sample_rate_hz / 2,
        min_db=level_to_db(0),
        max_db=level_to_db(255),
        contrast=contrast,
        levels=levels,
        links={"tile": f"{address}?channel={subject.channel or 'mix'}&v={subject.version}"},
    )
