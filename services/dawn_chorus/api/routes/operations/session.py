"""Sessions: browsers send no key with pictures, sound and event streams, but they do send a cookie."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.postgres.sessions import LIFETIME, create_session, delete_session
from dawn_chorus.api.auth import SESSION_PATH, Anybody, is_secure, unauthenticated
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.browsers.session_cookie import clear_session, sent_sessions, set_session
from dawn_chorus.api.http.problems import INVALID, MALFORMED, TOO_LARGE, documented
from dawn_chorus.api.models.requests import SessionFields
from dawn_chorus.api.models.responses import SessionOut

_COOKIE: dict[str, Any] = {
    "headers": {
        "Set-Cookie": {
            "description": "`chorus_session`, or `__Host-chorus_session` over HTTPS.",
            "schema": {"type": "string"},
            "example": "chorus_session=q8x…; HttpOnly; Max-Age=2592000; Path=/; SameSite=strict",
        }
    }
}
router = APIRouter(tags=["sessions"])


@router.post(
    SESSION_PATH,
    summary="Sign in with a key",
    status_code=204,
    responses={204: {"description": "Signed in.", **_COOKIE}, **documented(MALFORMED, TOO_LARGE, INVALID)},
)
async def sign_in(request: Request, deps: Deps, fields: SessionFields) -> Response:
    """Begin a session with the scopes of the key, and have the browser keep its id in a cookie.

    It lasts 30 days, 7 if it is not used, and no longer than its key. A session that the browser had before ends.
    """
    session = await run_in_threadpool(create_session, deps.database, fields.key)
    if session is None:
        raise unauthenticated("The key is unknown or revoked")
    await _end_sent(deps, request)
    response = Response(status_code=204)
    lifetime_s = round(LIFETIME.total_seconds())
    set_session(response, session, is_secure=is_secure(deps, request.scope), lifetime_s=lifetime_s)
    return response


@router.get(SESSION_PATH, summary="Who is signed in")
async def get_session(caller: Anybody, response: Response) -> SessionOut:
    """Return the name and the scopes of the key; `open` where everybody is served without one."""
    response.headers["Cache-Control"] = "no-store"
    return SessionOut(name=caller.key_name, scopes=sorted(caller.scopes), open=caller.key_name is None)


@router.delete(
    SESSION_PATH, summary="Sign out", status_code=204, responses={204: {"description": "Signed out.", **_COOKIE}}
)
async def sign_out(request: Request, deps: Deps, _caller: Anybody) -> Response:
    """End the session and have the browser forget its cookie. Other sessions of the key go on."""
    await _end_sent(deps, request)
    response = Response(status_code=204)
    clear_session(response, is_secure=is_secure(deps, request.scope))
    return response


async def _end_sent(deps: Dependencies, request: Request) -> None:
    for session in sent_sessions(request.scope, is_secure=is_secure(deps, request.scope)):
        await run_in_threadpool(delete_session, deps.database, session)
        deps.sessions.forget(session)
