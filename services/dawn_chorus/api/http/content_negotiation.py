"""Chooses the format of a response: the `format` parameter, else the `Accept` header."""

from collections.abc import Sequence

from dawn_chorus.api.http.problems import NOT_ACCEPTABLE, Problem
from dawn_chorus.domain.exports.formats import FILES, ExportFormat


def choose_format(requested: ExportFormat | None, accept: str | None, offered: Sequence[ExportFormat]) -> ExportFormat:
    """Return the requested format, else the offered one that the client prefers; `*/*` selects the first one offered.

    Two formats share `text/csv`: the header selects the one offered first, `format` the other. Raises a 406 Problem if
    none of the offered formats is accepted.
    """
    if requested is not None:
        return requested
    for media_range in _by_preference(accept or "*/*"):
        for candidate in offered:
            if _matches(media_range, FILES[candidate].media_type):
                return candidate
    types = ", ".join(dict.fromkeys(FILES[candidate].media_type.split(";")[0] for candidate in offered))
    raise Problem(NOT_ACCEPTABLE, f"Accept one of {types}, or name a format: ?format={offered[0]}")


def _by_preference(accept: str) -> list[str]:
    """Return media ranges, most preferred first (RFC 9110 §12.5.1); equal ones keep their order, q=0 is dropped."""
    weighted = [_weighted(part) for part in accept.lower().split(",") if part.strip()]
    return [media for media, q in sorted(weighted, key=lambda entry: -entry[1]) if q > 0]


def _weighted(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return media, _number(value)
    return media, 1.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _matches(media_range: str, media_type: str) -> bool:
    plain = media_type.split(";", maxsplit=1)[0]
    return media_range in ("*/*", plain) or media_range == plain.split("/")[0] + "/*"
