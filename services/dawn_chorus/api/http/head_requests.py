"""Answers `HEAD` wherever `GET` is: the same status and headers, no body."""

import asyncio
from contextlib import suppress

from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """Run the route of `GET` up to its headers and stop it there: no event stream and no file is read to its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or _has_own_route(scope):
            await self._app(scope, receive, send)
            return
        # A copy: the server looks at its own scope to know that no body follows.
        as_get = {**scope, "method": "GET"}
        headers: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        async def keep_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and not headers.done():
                headers.set_result(message)

        answering = asyncio.ensure_future(self._app(as_get, receive, keep_headers))
        try:
            await asyncio.wait((answering, headers), return_when=asyncio.FIRST_COMPLETED)
            scope["route"], scope["path_params"] = as_get.get("route"), as_get.get("path_params", {})
            if headers.done():
                await send(headers.result())
                await send({"type": "http.response.body", "body": b""})
            else:
                await answering  # it failed before it had headers
        finally:
            answering.cancel()
            # The group is of an event stream that is stopped while an event is on its way.
            with suppress(asyncio.CancelledError, BaseExceptionGroup):
                await answering


def _has_own_route(scope: Scope) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in scope["app"].routes)
