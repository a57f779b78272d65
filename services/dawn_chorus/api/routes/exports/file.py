"""The bytes of an export, whole or in part (RFC 9110 §14): a cut download goes on where it stopped."""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from dawn_chorus.adapters.postgres.exports import UNFINISHED, Export, ExportState, get_export
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.detection_request import chosen_pack
from dawn_chorus.api.exports.answering import license_links
from dawn_chorus.api.exports.context import credits_across
from dawn_chorus.api.exports.jobs.files import media_type
from dawn_chorus.api.http.disposition import disposition
from dawn_chorus.api.http.problems import CONFLICT, EXPORT_GONE, EXPORT_NOT_READY, NOT_FOUND, RANGE, Problem, documented
from dawn_chorus.api.models.exports import EXPORTS_PATH, ExportFields, FileFormat
from dawn_chorus.api.routes.audio.byte_range import byte_range
from dawn_chorus.domain.errors import PermanentError

_TYPES = sorted({media_type(each).partition(";")[0] for each in FileFormat})
_BINARY = {each: {"schema": {"format": "binary"}} for each in _TYPES}
router = APIRouter(tags=["exports"])


@router.get(
    f"{EXPORTS_PATH}/{{export_id:uuid}}/file",
    summary="The file of an export",
    response_class=StreamingResponse,
    responses={
        200: {"content": _BINARY, "description": "The whole file."},
        206: {"content": _BINARY, "description": "The requested range."},
        304: {"description": "The client already has this file."},
        **documented(NOT_FOUND, CONFLICT, EXPORT_NOT_READY, EXPORT_GONE, RANGE),
    },
)
def get_file(
    export_id: UUID,
    deps: Deps,
    _caller: Reader,
    range_: Annotated[str | None, Header(alias="Range", description="One range of bytes: `bytes=0-1023`.")] = None,
    if_range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """409 while it is made, and where nothing came of it; 410 once it was given up, after 7 days.

    `Link` names the license of each pack, as beside a list of detections.
    """
    export = get_export(deps.database, export_id)
    store_key, size_bytes, name = _check_ready(export)
    etag = f'"{store_key.rpartition("/")[2]}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(name, "attachment"),
        "X-Content-Type-Options": "nosniff",
        **license_links(credits_across(deps, chosen_pack(deps, ExportFields.model_validate(dict(export.request))))),
    }
    if if_none_match is not None and (if_none_match.strip() == "*" or etag in if_none_match):
        return Response(status_code=304, headers=headers)
    requested = byte_range(range_, size_bytes) if if_range in (None, etag) else None
    start, end = requested or (0, size_bytes)
    headers["Content-Length"] = str(end - start)
    if requested is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size_bytes}"
    chunks = _chunks(deps, store_key, start, end)
    return StreamingResponse(chunks, 200 if requested is None else 206, headers, media_type(export.format))


def _check_ready(export: Export) -> tuple[str, int, str]:
    """Return the store key, size and name of a file. Raises Problem where there is none."""
    if export.state in UNFINISHED:
        detail = f"The export is {export.state}: follow it with GET, and ask again when it is ready"
        raise Problem(EXPORT_NOT_READY, detail, headers={"Retry-After": "2"})
    if export.state is ExportState.EXPIRED:
        raise Problem(EXPORT_GONE, "The file was kept for 7 days and is deleted: ask for it again")
    if export.store_key is None or export.size_bytes is None or export.filename is None:
        raise Problem(CONFLICT, f"The export failed: {export.error}; ask for another")
    return export.store_key, export.size_bytes, export.filename


def _chunks(deps: Dependencies, store_key: str, start: int, end: int) -> Iterator[bytes]:
    """Return the bytes. The first chunk is read at once: missing bytes are an error, not a truncated response."""
    try:
        chunks = deps.store.read(store_key, start, end)
        first = next(chunks, b"")
    except PermanentError as error:
        raise Problem(EXPORT_GONE, "The file is missing in the store: ask for it again") from error
    return chain([first], chunks)
