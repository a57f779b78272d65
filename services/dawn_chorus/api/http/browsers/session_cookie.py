"""The cookie that holds the id of a session: no script can read it, no other site has it sent."""

import re

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

PLAIN = "chorus_session"
BOUND = f"__Host-{PLAIN}"
"""Browsers take it from HTTPS alone and only for this very host: another host of the domain cannot set one."""
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits in Base64; whatever else is sent is no session."""


def sent_sessions(scope: Scope, *, is_secure: bool) -> list[str]:
    """Return the ids in the cookies of a request, at most two; those that are malformed are left out.

    Over HTTPS only the bound cookie counts: any host of the domain could have set the other one, to have people work
    in a session that is not theirs. Over HTTP both do, as browsers send both to the machine that they run on.
    """
    names = (BOUND,) if is_secure else (BOUND, PLAIN)
    found: dict[str, str] = {}
    for header in Headers(scope=scope).getlist("cookie"):
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name in names and _VALUE.fullmatch(value):
                found.setdefault(name, value)
    return [found[name] for name in names if name in found]


def set_session(response: Response, session: str, *, is_secure: bool, lifetime_s: int) -> None:
    """Have the browser keep the id, in place of any that it has."""
    _set(response, BOUND if is_secure else PLAIN, session, lifetime_s, is_secure=is_secure)
    if is_secure:
        _set(response, PLAIN, "", 0, is_secure=True)


def clear_session(response: Response, *, is_secure: bool) -> None:
    """Have the browser forget both cookies; over HTTP it forgets the bound one of no other machine than its own."""
    for name in (BOUND, PLAIN):
        _set(response, name, "", 0, is_secure=is_secure or name == BOUND)


def _set(response: Response, name: str, value: str, age_s: int, *, is_secure: bool) -> None:
    response.set_cookie(name, value, max_age=age_s, path="/", secure=is_secure, httponly=True, samesite="strict")
