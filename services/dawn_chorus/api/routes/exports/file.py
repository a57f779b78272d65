"""The bytes of an export, whole or in part (RFC 9110 §14): a cut download goes on where it stopped."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from dawn_chorus.adapters.postgres.exports import UNFINISHED, Export, ExportState, get_export
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.detection_request import chosen_pack
from dawn_chorus.api.exports.answering import license_links
from dawn_chorus.api.exports.context import credits_across
from dawn_chorus.api.exports.jobs.files import media_type
from dawn_chorus.api.http.byte_range import WantedBytes
from dawn_chorus.api.http.disposition import disposition
from dawn_chorus.api.http.problems import CONFLICT, EXPORT_GONE, EXPORT_NOT_READY, NOT_FOUND, RANGE, Problem, documented
from dawn_chorus.api.models.exports import EXPORTS_PATH, ExportFields, FileFormat
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
def get_file(export_id: UUID, deps: Deps, _caller: Reader, wanted: WantedBytes) -> Response:
    """409 while it is made, and where nothing came of it; 410 once it was given up, after 7 days.

    `Link` names the license of each pack, as beside a list of detections.
    """
    export = get_export(deps.database, export_id)
    store_key, size_bytes, name = _check_ready(export)
    headers = {
        "ETag": f'"{store_key.rpartition("/")[2]}"',
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(name, "attachment"),
        "X-Content-Type-Options": "nosniff",
        **license_links(credits_across(deps, chosen_pack(deps, ExportFields.model_validate(dict(export.request))))),
    }
    try:
        return wanted.answer(partial(deps.store.read, store_key), size_bytes, headers, media_type(export.format))
    except PermanentError as error:
        raise Problem(EXPORT_GONE, "The file is missing in the store: ask for it again") from error


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
