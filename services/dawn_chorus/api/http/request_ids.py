"""A name for every request, on its response, in its problem document and on every line logged for it."""

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from uuid import UUID

from starlette.types import Message, Scope
from structlog.contextvars import bind_contextvars, clear_contextvars

HEADER = "X-Request-ID"
_NAME = HEADER.lower().encode()
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""What is taken over from a client or proxy: it goes into logs and headers as it is."""


class RequestFacts:
    """The id of one request, and what is found out about it on the way: which key, which recording."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.ids: dict[str, str] = {}
        """By name, `key_id`, `recording_id`, `analysis_id` and the like: for the line that is logged at its end."""


_current: ContextVar[RequestFacts | None] = ContextVar("request", default=None)


def make_request_id() -> str:
    return os.urandom(16).hex()


def take_over(sent: bytes | None) -> str | None:
    """Return the id that was sent with a request, if it is 1 to 64 letters, digits, `.`, `_` or `-`."""
    return sent.decode("ascii") if sent is not None and _SANE.fullmatch(sent) else None


def begin_request(scope: Scope) -> RequestFacts:
    """Return the facts of this request, which its task, its threads and its logs know from here on.

    The id is the one that came with it, from anybody, if that is sane and the only one; otherwise a new one. It proves
    nothing and is compared with nothing, so nobody gains by choosing it.
    """
    known: RequestFacts | None = scope.get("chorus_request")
    if known is not None:
        return known
    sent = [value for name, value in scope["headers"] if name == _NAME]
    facts = RequestFacts((take_over(sent[0]) if len(sent) == 1 else None) or make_request_id())
    scope["chorus_request"] = facts
    _current.set(facts)
    # On a kept connection this task may have begun in the context of the request before it.
    clear_contextvars()
    bind_contextvars(request_id=facts.request_id)
    return facts


def current_request_id() -> str | None:
    """Return the id of the request that this task or thread works for; None: it works for none."""
    facts = _current.get()
    return None if facts is None else facts.request_id


def note_ids(**ids: UUID | str | None) -> None:
    """Add ids to the line that is logged at the end of this request; those that are None are not known."""
    facts = _current.get()
    if facts is not None:
        facts.ids.update({name: str(value) for name, value in ids.items() if value is not None})


def note_path(parameters: Mapping[str, object]) -> None:
    """Add the ids in the path of this request, as its route calls them: `recording_id`, `analysis_id`.

    One that is known stays: `key_id` is the key that asked, also where it revokes another, which stands in the path.
    """
    facts = _current.get()
    known = {} if facts is None else facts.ids
    note_ids(**{n: str(value) for n, value in parameters.items() if n not in known and _is_uuid(str(value))})


def add_request_id(message: Message, request_id: str) -> Message:
    """Return the start of a response with the id; other messages, and one that has it, unchanged."""
    if message["type"] != "http.response.start" or any(name == _NAME for name, _ in message.get("headers", ())):
        return message
    return {**message, "headers": [*message.get("headers", ()), (_NAME, request_id.encode())]}


def leave_request() -> None:
    """Forget the request: what this task does from here on is for several, or for none."""
    _current.set(None)
    clear_contextvars()


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
