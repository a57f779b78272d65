"""Which licenses permit training: recordings that forbid derivatives or state no license are refused."""

import re
from dataclasses import dataclass

_NO_DERIVATIVES = re.compile(r"(?<![a-z])nd(?![a-z])|no[- ]?deriv", re.IGNORECASE)  # codespell:ignore nd
_UNSTATED = re.compile(r"not stated|unknown|^(xeno-canto|cc|creative commons|\s)*$", re.IGNORECASE)
_CREATIVE_COMMONS = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/([\d.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Terms:
    """Which licenses are accepted, besides those that clearly permit derivatives; a model counts as a derivative."""

    allow_no_derivatives: bool = False
    allow_unstated: bool = False
    """Accept recordings without a stated license; in most cases the license can be found out."""

    def refuse(self, license_text: str) -> str | None:
        """Return why a recording may not be used; None if it may."""
        if _NO_DERIVATIVES.search(license_text) and not self.allow_no_derivatives:
            return "its license forbids derivatives"
        if _UNSTATED.search(license_text) and not self.allow_unstated:
            return "its license is not stated"
        return None


@dataclass(frozen=True, slots=True)
class Refused:
    """A recording that was left out, and why."""

    recording: str
    license: str
    reason: str


def name_license(url: str) -> str:
    """Return the SPDX name for a Creative Commons URL; any other text is returned as it is.

    `//creativecommons.org/licenses/by-nc-sa/4.0/` → `CC-BY-NC-SA-4.0`
    """
    found = _CREATIVE_COMMONS.search(url)
    if found is None:
        return url.strip()
    kind, code, version = found.groups()
    if kind.lower() == "publicdomain":
        return f"CC0-{version}" if code.lower() == "zero" else "CC-PDDC"
    return f"CC-{code.upper()}-{version}"
