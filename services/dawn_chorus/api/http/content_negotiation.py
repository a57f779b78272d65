"""Which format an answer is written in: the `format` parameter, else what the client accepts."""

from collections.abc import Sequence

from dawn_chorus.api.http.problems import NOT_ACCEPTABLE, Problem
from dawn_chorus.domain.exports import WRITERS, ExportFormat


def choose_format(wish: ExportFormat | None, accept: str | None, offered: Sequence[ExportFormat]) -> ExportFormat:
    """Choose among the offered, the first of which stands for `*/*`; 406 where none is accepted.

    Two formats share `text/csv`; the one offered first is meant, and `format` names the other.
    """
    if wish is not None:
        return wish
    for media_range in _by_preference(accept or "*/*"):
        for candidate in offered:
            if _matches(media_range, WRITERS[candidate].media_type):
                return candidate
    types = ", ".join(dict.fromkeys(WRITERS[candidate].media_type.split(";")[0] for candidate in offered))
    raise Problem(NOT_ACCEPTABLE, f"Accept one of {types}, or name a format: ?format={offered[0]}")


def _by_preference(accept: str) -> list[str]:
    """Media ranges, dearest first (RFC 9110 §12.5.1); equal ones stay as written, q=0 is refused."""
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
