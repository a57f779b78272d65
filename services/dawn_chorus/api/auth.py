"""Authentication by bearer keys with scopes, and by sessions of browsers, which were begun with one.

Both are looked up once in some seconds (`key_cache`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import Scope

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.api_keys import SCOPES, ApiKey, any_keys
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.browsers.session_cookie import PLAIN, sent_sessions
from dawn_chorus.api.http.problems import FORBIDDEN, TOO_MANY, UNAUTHENTICATED, Problem
from dawn_chorus.api.http.request_ids import note_ids
from dawn_chorus.api.key_cache import KeyCache
from dawn_chorus.domain.errors import ChorusError, TransientError

ALL_SCOPES = frozenset(SCOPES)
SESSION_PATH = "/v1/session"
ADMIT_EVERY_S = 10.0
"""A stream of events may last for weeks, and a key be revoked any time."""

log = get_logger(__name__)
bearer = HTTPBearer(auto_error=False, description="A key created with `chorus keys create`.")
cookie = APIKeyCookie(
    name=PLAIN,
    scheme_name="Session",
    auto_error=False,
    description=f"A session begun with `POST {SESSION_PATH}`; over HTTPS the cookie is called `__Host-{PLAIN}`.",
)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
Cookie = Annotated[str | None, Depends(cookie)]
"""For the document only: `sent_sessions` reads it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The client of a request: a key, or an IP address where no key is required."""

    name: str
    scopes: frozenset[str]
    key_name: str | None = None
    """What the key was called when it was made; None: no key is required."""
    key_id: UUID | None = None


class Require:
    """Dependency that admits callers whose key has one of the scopes; `admin` includes all scopes.

    The key is sent with the request, or the session was begun with it. Their rate was limited before, by
    `http.admission`.
    """

    def __init__(self, *scopes: str) -> None:
        self._scopes = scopes

    async def __call__(self, request: Request, deps: Deps, credentials: Bearer, _session: Cookie) -> Caller:
        caller = await self._identify(deps, request.scope, None if credentials is None else credentials.credentials)
        note_ids(key_id=caller.key_id)
        if caller.scopes.isdisjoint({*self._scopes, "admin"}):
            allowed = ", ".join(sorted(caller.scopes))
            needed = " or ".join(self._scopes)
            raise Problem(FORBIDDEN, f"This needs a key with the scope {needed}; yours has {allowed}")
        return caller

    async def _identify(self, deps: Dependencies, scope: Scope, key: str | None) -> Caller:
        """Return whose request it is. A key that is sent decides, whatever cookies come with it."""
        if deps.settings.auth == "off":
            return Caller(_name_address(scope), ALL_SCOPES)
        if key is not None:
            found = await _look_up(deps, deps.keys, key)
            if found is None:
                raise unauthenticated("The key is unknown or revoked")
            return found
        sessions = sent_sessions(scope, is_secure=is_secure(deps, scope))
        for session in sessions:
            if (found := await _look_up(deps, deps.sessions, session)) is not None:
                return found
        if deps.settings.is_loopback and not await deps.keys.any_exist():
            return Caller(_name_address(scope), ALL_SCOPES)
        if sessions:
            raise unauthenticated("The session has ended, or its key was revoked: sign in again")
        raise unauthenticated("Send a key: Authorization: Bearer …; create one with `chorus keys create NAME`")


async def _look_up(deps: Dependencies, cache: KeyCache, secret: str) -> Caller | None:
    is_new = cache.recall(secret) is None
    found = await cache.find(secret)
    if found is None:
        return None
    if is_new:  # so far it was counted to the address alone
        deps.rate.take(_name_key(found))
    return Caller(_name_key(found), found.scopes, found.name, found.id)


def is_secure(deps: Dependencies, scope: Scope) -> bool:
    """Return whether the browser speaks HTTPS, by the setting or by the word of a trusted proxy."""
    return deps.settings.is_https or scope["scheme"] == "https"


def name_caller(deps: Dependencies, scope: Scope) -> str:
    """Return whose rate limit a request counts to, without looking into the database.

    That of its key, if the key was valid when it was last looked up; else that of its address, from which keys may be
    guessed. To sign in always counts to the address.
    """
    is_guess = scope["method"] == "POST" and scope["path"] == SESSION_PATH
    if deps.settings.auth == "on" and not is_guess:
        known = next(filter(None, _recalled(deps, scope)), None)
        if known is not None:
            return _name_key(known)
    return _name_address(scope)


def _recalled(deps: Dependencies, scope: Scope) -> Iterator[ApiKey | None]:
    scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield deps.keys.recall(key.strip())
    else:
        yield from map(deps.sessions.recall, sent_sessions(scope, is_secure=is_secure(deps, scope)))


def _name_key(key: ApiKey) -> str:
    return f"key {key.id}"


def _name_address(scope: Scope) -> str:
    address, _ = scope.get("client") or ("unknown", 0)
    return f"address {address}"


admit_reader, _read_or_upload = Require("read"), Require("read", "upload")
admit_uploader, admit_reviewer = Require("upload"), Require("review")


async def is_still_reader(request: Request, deps: Deps, credentials: Bearer, session: Cookie) -> bool:
    """Return whether the key or the session of a long stream still lets its client read, as far as can be known."""
    try:
        await admit_reader(request, deps, credentials, session)
    except Problem as problem:
        return problem.kind is TOO_MANY
    except TransientError:
        return True  # asked again before long
    return True


_OF_RESULTS = frozenset({"taxon", "min_confidence", "has_reviews"})
"""Filters of the list of recordings by which one could find out what was detected."""


async def admit_lister(request: Request, deps: Deps, credentials: Bearer, session: Cookie) -> Caller:
    """Admit callers who may read and, to a list by `sha256`, those who may upload.

    The latter would be told of a recording with these bytes if they sent them, but not of what was detected in it.
    """
    query = request.query_params
    require = _read_or_upload if query.get("sha256") and _OF_RESULTS.isdisjoint(query) else admit_reader
    return await require(request, deps, credentials, session)


def unauthenticated(detail: str) -> Problem:
    return Problem(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": "Bearer"})


def warn_if_open(deps: Dependencies) -> None:
    """Log a warning at startup if everybody has full access, or if nobody has access."""
    settings = deps.settings
    if settings.auth == "off":
        if not settings.is_loopback:
            log.warning("authentication is off, everybody who reaches this address has full access", host=settings.host)
        return
    try:
        has_keys = any_keys(deps.database)
    except ChorusError as error:
        log.warning("database unavailable, not checked whether API keys exist", reason=str(error))
        return
    if not has_keys and settings.is_loopback:
        log.warning("no API keys exist, everybody on this machine has full access: run `chorus keys create NAME`")
    elif not has_keys:
        log.warning("no API keys exist, every request is refused: run `chorus keys create NAME`", host=settings.host)


Anybody = Annotated[Caller, Depends(Require(*SCOPES))]
"""With a key, whatever its scopes."""
Reader = Annotated[Caller, Depends(admit_reader)]
ReaderOrUploader = Annotated[Caller, Depends(_read_or_upload)]
Lister = Annotated[Caller, Depends(admit_lister)]
Uploader = Annotated[Caller, Depends(admit_uploader)]
Reviewer = Annotated[Caller, Depends(admit_reviewer)]
Admin = Annotated[Caller, Depends(Require("admin"))]
