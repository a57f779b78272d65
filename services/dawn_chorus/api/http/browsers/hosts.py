"""The names by which this service may be called, and the `Host` header that says by which one it was.

A page on the internet can let its own name lead to this machine (DNS rebinding); a browser then takes the service for a
part of that page's site. It still sends the page's name, so unknown names are refused. An address is no name: a page
loaded from an address came from that very machine.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Self

_AUTHORITY = re.compile(r"(\[[^\[\]@]+\]|[^\[\]:@/?#\\\s]+)(?::([0-9]{0,5}))?")
_MAX_PORT = 65_535
_LONGEST = 300
"""More than a name of the DNS, with its port, can have."""


@dataclass(frozen=True, slots=True)
class Authority:
    """What a URL has between `//` and its path, `name[:port]`, as RFC 9110 §7.2 has it in `Host`."""

    name: str
    """In lower case, without the dot of the root; an IPv6 address without brackets."""
    port: int | None
    """None: the default of the scheme."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the name and the port; None for what is neither a name nor an address, as with `user@`."""
        if _is_bare_ipv6(text):
            return cls(text.lower(), None)
        found = _AUTHORITY.fullmatch(text)
        if found is None:
            return None
        name, port = found[1].lower(), int(found[2]) if found[2] else None
        if name.startswith("["):
            name = name[1:-1]
            if not _is_bare_ipv6(name):
                return None
        elif not name.removesuffix("."):
            return None
        return None if port is not None and port > _MAX_PORT else cls(name.removesuffix("."), port)

    @property
    def is_address(self) -> bool:
        try:
            ip_address(self.name)
        except ValueError:
            return False
        return True


def _is_bare_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


class AllowedHosts:
    """The names of one service; addresses and `localhost` always are among them."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take names; `.example.org` stands for this name and all below it, `*` for every name."""
        known = {_normalized(name) for name in names}
        self._every = "*" in known
        self._exact = frozenset({"localhost", *known})
        self._suffixes = (".localhost", *(name for name in known if name.startswith(".")))
        # A client sends the same with every request; those of a scanner push each other out.
        self._is_known = lru_cache(maxsize=256)(self._look_up)

    def allow(self, host: str) -> bool:
        """Return whether the value of a `Host` header, or of a URL's authority, names this service."""
        return len(host) <= _LONGEST and self._is_known(host)

    def _look_up(self, host: str) -> bool:
        found = Authority.parse(host)
        if found is None:
            return False
        return self._every or found.is_address or found.name in self._exact or self._is_below(found.name)

    def _is_below(self, name: str) -> bool:
        return any(name.endswith(suffix) or name == suffix[1:] for suffix in self._suffixes)


def _normalized(name: str) -> str:
    """Return a name as browsers send it: in lower case, without the root's dot, and in ASCII if that can be."""
    lower = name.strip().lower().removesuffix(".")
    try:
        return ".".join(label.encode("idna").decode() if label else "" for label in lower.split("."))
    except UnicodeError:
        return lower


def own_names(machine: str) -> tuple[str, ...]:
    """Return the names under which other machines know this one: as it calls itself, and by multicast DNS."""
    short = machine.partition(".")[0]
    return tuple(dict.fromkeys(name for name in (machine, short, f"{machine}.local", f"{short}.local") if short))
