"""Authentication by bearer keys with scopes; takes each request from its caller's rate limit."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.api_keys import SCOPES, any_keys, find_key
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

    Not async, so that FastAPI runs it in a thread: it queries the database.
    """

    def __init__(self, *scopes: str) -> None:
        self._scopes = scopes

    def __call__(
        self,
        request: Request,
        deps: Deps,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Caller:
        address = request.client.host if request.client else "unknown"
        caller = self._identify(deps, address, credentials)
        deps.rate.take(caller.name)
        if caller.scopes.isdisjoint({*self._scopes, "admin"}):
            allowed = ", ".join(sorted(caller.scopes))
            needed = " or ".join(self._scopes)
            raise Problem(FORBIDDEN, f"This needs a key with the scope {needed}; yours has {allowed}")
        return caller

    def _identify(self, deps: Dependencies, address: str, credentials: HTTPAuthorizationCredentials | None) -> Caller:
        if deps.settings.auth == "off":
            return Caller(f"address {address}", ALL_SCOPES)
        if credentials is not None:
            key = find_key(deps.database, credentials.credentials)
            if key is not None:
                return Caller(f"key {key.id}", key.scopes)
            deps.rate.take(f"address {address}")
            raise unauthenticated("The key is unknown or revoked")
        if deps.settings.is_loopback and not any_keys(deps.database):
            return Caller(f"address {address}", ALL_SCOPES)
        raise unauthenticated("Send a key: Authorization: Bearer …; create one with `chorus keys create`")


_read, _read_or_upload = Require("read"), Require("read", "upload")


def admit_lister(
    request: Request,
    deps: Deps,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """Admit callers who may read and, to a list by `sha256`, those who may upload.

    The latter would be told of a recording with these bytes if they sent them.
    """
    require = _read_or_upload if request.query_params.get("sha256") else _read
    return require(request, deps, credentials)


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
