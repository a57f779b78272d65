"""Authentication by bearer keys with scopes, which are looked up once in some seconds (`key_cache`)."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import Scope

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.api_keys import SCOPES, ApiKey, any_keys
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import FORBIDDEN, UNAUTHENTICATED, Problem
from dawn_chorus.domain.errors import ChorusError

ALL_SCOPES = frozenset(SCOPES)

log = get_logger(__name__)
bearer = HTTPBearer(auto_error=False, description="A key created with `chorus keys create`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """The client of a request: a key, or an IP address where no key is required."""

    name: str
    scopes: frozenset[str]


class Require:
    """Dependency that admits callers whose key has one of the scopes; `admin` includes all scopes.

    Their rate was limited before, by `http.admission`.
    """

    def __init__(self, *scopes: str) -> None:
        self._scopes = scopes

    async def __call__(
        self,
        request: Request,
        deps: Deps,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Caller:
        caller = await self._identify(deps, request, None if credentials is None else credentials.credentials)
        if caller.scopes.isdisjoint({*self._scopes, "admin"}):
            allowed = ", ".join(sorted(caller.scopes))
            needed = " or ".join(self._scopes)
            raise Problem(FORBIDDEN, f"This needs a key with the scope {needed}; yours has {allowed}")
        return caller

    async def _identify(self, deps: Dependencies, request: Request, key: str | None) -> Caller:
        if deps.settings.auth == "off":
            return Caller(_name_address(request.scope), ALL_SCOPES)
        if key is not None:
            is_new = deps.keys.recall(key) is None
            found = await deps.keys.find(key)
            if found is None:
                raise unauthenticated("The key is unknown or revoked")
            if is_new:  # so far it was counted to the address alone
                deps.rate.take(_name_key(found))
            return Caller(_name_key(found), found.scopes)
        if deps.settings.is_loopback and not await deps.keys.any_exist():
            return Caller(_name_address(request.scope), ALL_SCOPES)
        raise unauthenticated("Send a key: Authorization: Bearer …; create one with `chorus keys create`")


def name_caller(deps: Dependencies, scope: Scope) -> str:
    """Return whose rate limit a request counts to, without looking into the database.

    That of its key, if the key was valid when it was last looked up; else that of its address, from which keys may be
    guessed.
    """
    if deps.settings.auth == "on":
        scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
        known = deps.keys.recall(key.strip()) if scheme.lower() == "bearer" else None
        if known is not None:
            return _name_key(known)
    return _name_address(scope)


def _name_key(key: ApiKey) -> str:
    return f"key {key.id}"


def _name_address(scope: Scope) -> str:
    address, _ = scope.get("client") or ("unknown", 0)
    return f"address {address}"


_read, _read_or_upload = Require("read"), Require("read", "upload")


async def admit_lister(
    request: Request,
    deps: Deps,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """Admit callers who may read and, to a list by `sha256`, those who may upload.

    The latter would be told of a recording with these bytes if they sent them.
    """
    require = _read_or_upload if request.query_params.get("sha256") else _read
    return await require(request, deps, credentials)


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
        log.warning("no API keys exist, everybody on this machine has full access: run `chorus keys create`")
    elif not has_keys:
        log.warning("no API keys exist, every request is refused: run `chorus keys create`", host=settings.host)


Reader = Annotated[Caller, Depends(Require("read"))]
ReaderOrUploader = Annotated[Caller, Depends(_read_or_upload)]
Lister = Annotated[Caller, Depends(admit_lister)]
Uploader = Annotated[Caller, Depends(Require("upload"))]
Admin = Annotated[Caller, Depends(Require("admin"))]
