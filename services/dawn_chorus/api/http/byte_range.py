"""The bytes of a file, whole or in part, for whom does not have them yet (RFC 9110 §13, §14)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Annotated

from fastapi import Depends, Header, Response
from fastapi.responses import StreamingResponse

from dawn_chorus.api.http.problems import RANGE, Problem

_RANGE = re.compile(r"bytes=\s*(\d{0,100})\s*-\s*(\d{0,100})\s*", re.IGNORECASE)
"""At most 100 digits: Python refuses to parse integers of thousands of digits."""


@dataclass(frozen=True)
class Wanted:
    """What a request says of the bytes that it wants."""

    range_: Annotated[str | None, Header(alias="Range", description="One range of bytes: `bytes=0-1023`.")] = None
    if_range: Annotated[str | None, Header()] = None
    if_none_match: Annotated[str | None, Header()] = None

    def is_known(self, etag: str) -> bool:
        """Return whether the client has the file already."""
        return self.if_none_match is not None and (self.if_none_match.strip() == "*" or etag in self.if_none_match)

    def answer(
        self,
        read: Callable[[int, int], Iterator[bytes]],
        size_bytes: int,
        headers: Mapping[str, str],
        media_type: str,
    ) -> Response:
        """Return the answer of a file with `headers`, `ETag` among them; `read` yields its bytes [start, end).

        What `read` raises at its first bytes is raised: missing bytes are an error, not a truncated response. Raises a
        416 Problem where the range is beyond the end.
        """
        headers = {**headers, "Accept-Ranges": "bytes"}
        if self.is_known(headers["ETag"]):
            return Response(status_code=304, headers=headers)
        part = byte_range(self.range_, size_bytes) if self.if_range in (None, headers["ETag"]) else None
        start, end = part or (0, size_bytes)
        headers["Content-Length"] = str(end - start)
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size_bytes}"
        chunks = read(start, end)
        first = next(chunks, b"")
        return StreamingResponse(chain([first], chunks), 200 if part is None else 206, headers, media_type)


WantedBytes = Annotated[Wanted, Depends()]


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
