"""Requests that a page of another site has a browser send: with them it could upload, cancel and delete."""

from starlette.datastructures import Headers

from dawn_chorus.api.http.browsers.hosts import Authority

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110 §9.2.1)."""
_OWN_SITES = frozenset({"same-origin", "none"})
"""Of `Sec-Fetch-Site`: a page of this service, and no page at all, as from the address bar."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_cross_site(method: str, headers: Headers, host: str) -> bool:
    """Return whether the request would change something for a page that is not of this service.

    `Sec-Fetch-Site` decides where a browser sends it, else `Origin`, whose host and port must be those of `host`; the
    scheme is not compared, as TLS may end in front of the service. A request with neither comes from no browser.
    """
    if method in _SAFE:
        return False
    if sites := headers.getlist("sec-fetch-site"):
        return len(sites) > 1 or sites[0] not in _OWN_SITES
    if origins := headers.getlist("origin"):
        return len(origins) > 1 or not _is_origin_of(origins[0], host)
    return False


def _is_origin_of(origin: str, host: str) -> bool:
    scheme, separator, rest = origin.partition("://")
    theirs, ours = Authority.parse(rest), Authority.parse(host)
    if not separator or theirs is None or ours is None or theirs.name != ours.name:
        return False
    usual = _DEFAULT_PORTS.get(scheme.lower())
    return (theirs.port or usual) == (ours.port or usual)
