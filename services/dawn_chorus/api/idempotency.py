"""`Idempotency-Key`: a request that is sent again gets the first response and is not run twice.

After draft-ietf-httpapi-idempotency-key-header-07. Only successful responses (2xx) are stored: a refused request
changed nothing, and may be corrected and sent again under its key.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.idempotency import (
    Claim,
    KeyInProgress,
    KeyMismatch,
    claim_key,
    complete_claim,
    release_claim,
    renew_claim,
)
from dawn_chorus.adapters.postgres.idempotency import Response as StoredResponse
from dawn_chorus.api.auth import Caller, Require, admit_reviewer, admit_uploader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import IN_PROGRESS, KEY_REUSED, Problem
from dawn_chorus.domain.errors import ChorusError

LEASE_S = 15.0
"""A key is free again so long after the process that ran its request died."""
RENEW_EVERY_S = 3.0
"""A running request keeps its key by renewing the lease, however long it takes."""
REPLAYED = "Idempotency-Replayed"
_STORED_HEADERS = ("content-type", "location")

log = get_logger(__name__)
Action = Callable[[], Awaitable[Response]]


class Once:
    """Runs an action once for each key of a caller; without a key, runs it every time."""

    def __init__(self, deps: Dependencies, route: str, caller: Caller, key: str | None) -> None:
        self._deps, self._route = deps, route
        self._key = None if key is None else f"{caller.name} {key}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Refuse a concurrent duplicate in this process, before its body is read."""
        if self._key is None:
            yield
            return
        if self._key in self._deps.running_keys:
            raise _in_progress()
        self._deps.running_keys.add(self._key)
        try:
            yield
        finally:
            self._deps.running_keys.discard(self._key)

    async def respond(self, content: str, action: Action) -> Response:
        """Return the action's response, or the stored one.

        `content` represents the whole body: a key that was used with other content before is refused.
        """
        if self._key is None:
            return await action()
        claim = await run_in_threadpool(self._claim, self._key, content)
        return await self._run(claim, action) if isinstance(claim, Claim) else claim

    def _claim(self, key: str, content: str) -> Claim | Response:
        fingerprint = hashlib.sha256(f"{self._route}\n{content}".encode()).hexdigest()
        keep_s = self._deps.settings.idempotency_hours * 3600
        match claim_key(self._deps.database, key, fingerprint, ttl_s=keep_s, lease_s=LEASE_S):
            case Claim() as claim:
                return claim
            case StoredResponse(status, headers, body):
                return Response(body, status, headers | {REPLAYED: "true"})
            case KeyMismatch():
                raise Problem(KEY_REUSED, "This Idempotency-Key was sent before with another body or to another URL")
            case KeyInProgress():
                raise _in_progress()

    async def _run(self, claim: Claim, action: Action) -> Response:
        database = self._deps.database
        renewing = asyncio.create_task(_keep_renewing(database, claim))
        try:
            response = await action()
        except BaseException:
            await run_in_threadpool(release_claim, database, claim)
            raise
        finally:
            renewing.cancel()
        headers = {name: response.headers[name] for name in _STORED_HEADERS if name in response.headers}
        stored = StoredResponse(response.status_code, headers, bytes(response.body))
        await run_in_threadpool(complete_claim, database, claim, stored)
        return response


async def _keep_renewing(database: Database, claim: Claim) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        try:
            # A pool of threads that requests do not use: they may all wait while a lease runs out.
            await asyncio.to_thread(renew_claim, database, claim, lease_s=LEASE_S)
        except ChorusError as error:
            log.warning("idempotency key not renewed, will be retried", reason=str(error))


def _in_progress() -> Problem:
    detail = "The first request with this Idempotency-Key is still running; retry to get its response"
    return Problem(IN_PROGRESS, detail, headers={"Retry-After": "1"})


def _once_for(admit: Require) -> Callable[..., Awaitable[Once]]:
    """Return the dependency for operations to which `admit` admits."""

    async def get_once(
        request: Request,
        deps: Deps,
        caller: Annotated[Caller, Depends(admit)],
        idempotency_key: Annotated[
            str | None,
            Header(min_length=1, max_length=255, description="The same key and body return the first response."),
        ] = None,
    ) -> Once:
        return Once(deps, f"{request.method} {request.url.path}", caller, idempotency_key)

    return get_once


OnceDep = Annotated[Once, Depends(_once_for(admit_uploader))]
ReviewerOnce = Annotated[Once, Depends(_once_for(admit_reviewer))]
