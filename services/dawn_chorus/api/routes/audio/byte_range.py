"""One range of bytes, as `Range` asks for it (RFC 9110 §14)."""

import re

from dawn_chorus.api.http.problems import RANGE, Problem

_RANGE = re.compile(r"bytes=\s*(\d{0,100})\s*-\s*(\d{0,100})\s*", re.IGNORECASE)
"""At most 100 digits: Python refuses to parse integers of thousands of digits."""


def byte_range(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """Return the range as [start, end); None for the whole file: if there is no range, several, or an invalid one.

    Raises a 416 Problem that has the size if the range is beyond the end.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    start = int(first) if first else max(0, size_bytes - int(last))
    end = min(int(last) + 1, size_bytes) if first and last else size_bytes
    if first and last and int(last) < start:
        return None
    if start >= size_bytes or start >= end:
        detail = f"There are {size_bytes} bytes"
        raise Problem(RANGE, detail, headers={"Content-Range": f"bytes */{size_bytes}"})
    return start, end
