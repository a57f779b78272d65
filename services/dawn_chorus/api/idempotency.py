"""`Idempotency-Key`: the same request, sent again, gets the first answer and is not done twice.

After draft-ietf-httpapi-idempotency-key-header-07. What is kept are answers that began something (2xx): a refused
request changed nothing, and may be mended and sent again under its key.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.postgres import idempotency as kept
from dawn_chorus.adapters.postgres.idempotency import Claim, KeyInProgress, KeyMismatch
from dawn_chorus.adapters.postgres.idempotency import Response as KeptAnswer
from dawn_chorus.api.auth import Caller, Uploader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import IN_PROGRESS, KEY_REUSED, Problem

LEASE_S = 120.0
"""How long after its last byte a request may take; then its key is free again, should this process have died."""
REPLAYED = "Idempotency-Replayed"
_KEPT_HEADERS = ("content-type", "location")

Act = Callable[[], Awaitable[Response]]


class Once:
    """Does an act once under the caller's key; without a key, simply does it."""

    def __init__(self, deps: Dependencies, route: str, caller: Caller, key: str | None) -> None:
        self._deps, self._route = deps, route
        self._key = None if key is None else f"{caller.name} {key}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Refuse a twin that comes to this process meanwhile, before its body is read."""
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

    async def answer(self, content: str, act: Act) -> Response:
        """Return the act's answer, or the one kept; `content` is a word for all that the body said."""
        if self._key is None:
            return await act()
        claim = await run_in_threadpool(self._claim, self._key, content)
        return await self._first(claim, act) if isinstance(claim, Claim) else claim

    def _claim(self, key: str, content: str) -> Claim | Response:
        fingerprint = hashlib.sha256(f"{self._route}\n{content}".encode()).hexdigest()
        keep_s = self._deps.settings.idempotency_hours * 3600
        match kept.claim_key(self._deps.database, key, fingerprint, ttl_s=keep_s, lease_s=LEASE_S):
            case Claim() as claim:
                return claim
            case KeptAnswer(status, headers, body):
                return Response(body, status, headers | {REPLAYED: "true"})
            case KeyMismatch():
                raise Problem(KEY_REUSED, "Idempotency-Key: sent before with another body or to another address")
            case KeyInProgress():
                raise _in_progress()

    async def _first(self, claim: Claim, act: Act) -> Response:
        database = self._deps.database
        try:
            response = await act()
        except BaseException:
            await run_in_threadpool(kept.release_claim, database, claim)
            raise
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        answer = KeptAnswer(response.status_code, headers, bytes(response.body))
        await run_in_threadpool(kept.complete_claim, database, claim, answer)
        return response


def _in_progress() -> Problem:
    detail = "The first request with this Idempotency-Key is still running; ask again for its answer"
    return Problem(IN_PROGRESS, detail, headers={"Retry-After": "1"})


def get_once(
    request: Request,
    deps: Deps,
    caller: Uploader,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=255, description="The same key and body again: the first answer again."),
    ] = None,
) -> Once:
    return Once(deps, f"{request.method} {request.url.path}", caller, idempotency_key)


OnceDep = Annotated[Once, Depends(get_once)]
