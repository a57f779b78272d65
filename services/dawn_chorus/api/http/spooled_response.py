"""Long responses, generated completely before the first byte is sent."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import IO

from starlette.responses import StreamingResponse

_IN_MEMORY_BYTES = 4 * 2**20
_CHUNK_BYTES = 256 * 2**10


def spooled(lines: Iterable[str], media_type: str, headers: Mapping[str, str]) -> StreamingResponse:
    """Return a response with the lines, in bounded memory: long ones are spooled to disk.

    All lines are read before the client gets the first byte, so that a slow client holds no database connection, and
    an error halfway becomes an error response, not a truncated one. Call from a thread.
    """
    spool = SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by _chunks, or below after an error
    try:
        for line in lines:
            spool.write(line.encode())
        size_bytes = spool.tell()
        spool.seek(0)
    except BaseException:
        spool.close()
        raise
    sized = {**headers, "Content-Length": str(size_bytes)}
    return StreamingResponse(_chunks(spool), headers=sized, media_type=media_type)


def _chunks(spool: IO[bytes]) -> Iterator[bytes]:
    with closing(spool):
        while chunk := spool.read(_CHUNK_BYTES):
            yield chunk
