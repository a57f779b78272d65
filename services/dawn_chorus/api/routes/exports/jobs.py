"""Asks for files of many detections, follows them, ends them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.exports.writing import write_export
from dawn_chorus.adapters.postgres.exports import (
    Bounds,
    Export,
    TooManyExports,
    create_export,
    get_export,
    remove_export,
)
from dawn_chorus.adapters.postgres.exports import list_exports as read_exports
from dawn_chorus.api.auth import Caller, Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.detection_request import wanted_detections
from dawn_chorus.api.exports.context import context_across
from dawn_chorus.api.exports.jobs.making import start_making
from dawn_chorus.api.http.pagination import next_link
from dawn_chorus.api.http.problems import (
    BUSY,
    FORBIDDEN,
    IN_PROGRESS,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    MISSING_EXTRA,
    NOT_FOUND,
    TOO_LARGE,
    TOO_MANY,
    UNKNOWN_PACK,
    Problem,
    documented,
)
from dawn_chorus.api.idempotency import Once
from dawn_chorus.api.models.exports import (
    CLIPS,
    EXPORTS_PATH,
    ExportFields,
    ExportOut,
    ExportsOut,
    ExportsQuery,
    export_out,
    export_url,
)
from dawn_chorus.api.models.rendering import json_response
from dawn_chorus.api.uploads.resumable.background import delete_soon
from dawn_chorus.domain.exports.context import Tally
from dawn_chorus.domain.exports.formats import ExportFormat

BOUNDS = Bounds(unfinished=30, own_unfinished=5, own_ready=50)
_RETRY_AFTER_S = 30
router = APIRouter(tags=["exports"])


async def _get_once(
    request: Request,
    deps: Deps,
    caller: Reader,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=255, description="The same key and body return the first response."),
    ] = None,
) -> Once:
    return Once(deps, f"{request.method} {request.url.path}", caller, idempotency_key)


@router.post(
    EXPORTS_PATH,
    summary="Have a file made of many detections",
    status_code=202,
    response_model=ExportOut,
    responses=documented(
        MALFORMED, TOO_LARGE, INVALID, UNKNOWN_PACK, IN_PROGRESS, KEY_REUSED, TOO_MANY, MISSING_EXTRA, BUSY
    ),
)
async def ask_for_export(
    request: Request, deps: Deps, caller: Reader, once: Annotated[Once, Depends(_get_once)], wanted: ExportFields
) -> Response:
    """Return at once; follow it with `GET`, or by the event `export` of `/v1/events`, and fetch `links.file`.

    `clips` is a zip with the sound of each event, a table of them, and the license of the model packs; what has no
    sound any more is left out, counted and named. A file is kept for 7 days. 429: end or delete one of yours first;
    503: many wait.
    """

    async def act() -> Response:
        export = export_out(await run_in_threadpool(_create, deps, caller, wanted, str(request.base_url)))
        start_making(deps, export.id, export.format)
        return json_response(export, 202, {"Location": export_url(export.id)})

    with once.running():
        return await once.respond(wanted.model_dump_json(exclude_unset=True), act)


def _create(deps: Dependencies, caller: Caller, wanted: ExportFields, address: str) -> Export:
    chosen = wanted_detections(deps, wanted)
    context = context_across(deps, chosen, wanted, address)
    if wanted.format != CLIPS:  # as far as it is known before the first row whether it can be written
        write_export(ExportFormat(wanted.format), (), context, Tally())
    request = wanted.model_dump(mode="json", by_alias=True, exclude_unset=True)
    try:
        return create_export(deps.database, wanted.format, request, caller.name, context.address, BOUNDS)
    except TooManyExports as error:
        headers = {"Retry-After": str(_RETRY_AFTER_S)}
        raise Problem(TOO_MANY if error.own else BUSY, str(error).capitalize(), headers=headers) from error


@router.get(EXPORTS_PATH, summary="List exports", responses=documented(INVALID))
def list_exports(
    request: Request, response: Response, deps: Deps, _caller: Reader, query: Annotated[ExportsQuery, Query()]
) -> ExportsOut:
    """Newest first, of all who ask: an export holds what any key with the scope `read` may see."""
    page = read_exports(deps.database, limit=query.limit, cursor=query.cursor)
    response.headers.update(next_link(request, page.next_cursor))
    return ExportsOut(items=[export_out(each) for each in page.items], next=page.next_cursor)


@router.get(
    f"{EXPORTS_PATH}/{{export_id:uuid}}", summary="How far an export is", responses=documented(NOT_FOUND, INVALID)
)
def show_export(export_id: UUID, deps: Deps, _caller: Reader) -> ExportOut:
    """Return what became of it; 30 days after it ended it is forgotten."""
    return export_out(get_export(deps.database, export_id))


@router.delete(
    f"{EXPORTS_PATH}/{{export_id:uuid}}",
    summary="Remove an export",
    status_code=204,
    responses=documented(FORBIDDEN, NOT_FOUND, INVALID),
)
async def delete_export(export_id: UUID, deps: Deps, caller: Reader) -> None:
    """Remove it with its file; one that is being made is given up. For who asked for it, and for `admin`."""
    export = await run_in_threadpool(get_export, deps.database, export_id)
    if export.asked_by != caller.name and "admin" not in caller.scopes:
        raise Problem(
            FORBIDDEN, "This export was asked for with another key: use that one, or one with the scope admin"
        )
    await run_in_threadpool(remove_export, deps.database, export_id)
    delete_soon(deps)
