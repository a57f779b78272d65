"""The page that people see at `/`: one HTML file for every view, and the scripts and styles that it asks for.

They are built files of the package (`services/page` is their source), read once at the start and served from memory:
no request reaches the disk. They need no key: a person signs in on the page.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, FastAPI, Request, Response

from dawn_chorus.api.http.browsers.response_headers import page_policy
from dawn_chorus.api.http.error_handlers import answer_problem
from dawn_chorus.domain.errors import NotFound

_VIEWS = ("/", "/recordings/{recording_id}", "/review", "/taxa/{code:path}", "/overview", "/keys")
_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
}
_NOT_OF_THE_PAGE = ("v1", "docs", "health", "openapi.json", "assets")
"""How the paths begin of which programs ask: they are answered by problem documents."""
_FOREVER = "public, max-age=31536000, immutable"
_LEAST_WORTH_PACKING = 1024
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _BuiltFile:
    plain: bytes
    packed: bytes | None
    """By gzip; None where it would not be smaller."""
    media_type: str
    tag: str


async def _get_view(request: Request) -> Response:
    """Return the page itself, whatever view of it: which one, its script reads from the address."""
    return _answer(request, _built_files()["index.html"], _view_headers())


async def _answer_unknown_address(request: Request, error: Exception) -> Response:
    """Return the page, which says that nothing is here, to whoever looks by a browser; a problem document to others."""
    is_of_page = request.url.path.split("/", 2)[1] not in _NOT_OF_THE_PAGE
    if request.method != "GET" or not is_of_page or "text/html" not in request.headers.get("accept", ""):
        return await answer_problem(request, error)
    page = _built_files()["index.html"]
    return Response(page.plain, 404, _view_headers() | {"Vary": "Accept"}, media_type=page.media_type)


def install_unknown_addresses(app: FastAPI) -> None:
    """Answer addresses that no route has; an id that is unknown is the matter of its own route."""
    app.add_exception_handler(404, _answer_unknown_address)


def _view_headers() -> dict[str, str]:
    return {"Cache-Control": "no-cache", "Content-Security-Policy": page_policy()}


for _path in _VIEWS:
    router.add_api_route(_path, _get_view, methods=["GET"])


@router.get("/assets/{name}")
async def get_asset(request: Request, name: str) -> Response:
    """Return a script, a style or a picture of the page; its name changes with its content."""
    found = _built_files().get(f"assets/{name}")
    if found is None:
        raise NotFound(f"The page has no file {name!r}: reload it")
    return _answer(request, found, {"Cache-Control": _FOREVER})


def _answer(request: Request, found: _BuiltFile, headers: dict[str, str]) -> Response:
    headers |= {"ETag": found.tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    accepted = {each.partition(";")[0].strip() for each in request.headers.get("accept-encoding", "").split(",")}
    if found.packed is not None and "gzip" in accepted:
        return Response(found.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.plain, headers=headers, media_type=found.media_type)


@lru_cache(maxsize=1)
def _built_files() -> dict[str, _BuiltFile]:
    folder = files("dawn_chorus") / "page"
    found = {"index.html": _read(folder / "index.html")}
    return found | {f"assets/{each.name}": _read(each) for each in (folder / "assets").iterdir()}


def _read(file: Traversable) -> _BuiltFile:
    plain = file.read_bytes()
    packed = gzip.compress(plain, mtime=0) if len(plain) >= _LEAST_WORTH_PACKING else plain
    kind = _TYPES[file.name.rpartition(".")[2]]
    tag = f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"'
    return _BuiltFile(plain, packed if len(packed) < len(plain) else None, kind, tag)
