"""Keeps passwords and keys out of what is printed, whatever a library puts into its messages."""

import re
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_SHORTEST = 3
"""A shorter password is hidden where it stands in a URL only: elsewhere its letters are those of words."""
_NAMED_SECRET = re.compile(r"secret|token|password|signature|key", re.IGNORECASE)
_IN_URL = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+(?=@)")
_IN_QUERY = re.compile(r"(?i)([?&][\w-]*(?:secret|token|password|signature|key)[\w-]*=)[^&\s'\"]+")
HIDDEN = "***"


def find_secrets(urls: Iterable[str | None]) -> frozenset[str]:
    """Return the passwords and keys in URLs, as they stand there and decoded; what cannot be parsed has none."""
    found: set[str] = set()
    for url in filter(None, urls):
        with suppress(ValueError):
            parts = urlsplit(url.strip())
            named = (value for name, value in parse_qsl(parts.query) if _NAMED_SECRET.search(name))
            for secret in (parts.password or "", *named):
                found |= {secret, unquote(secret), quote(secret, safe="")}
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return the text without the secrets, and without what URLs in it hold."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return _IN_QUERY.sub(rf"\1{HIDDEN}", _IN_URL.sub(rf"\1:{HIDDEN}", text))
