"""Long answers, written to the end before the first byte is sent."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import IO

from starlette.responses import StreamingResponse

_IN_MEMORY_BYTES = 4 * 2**20
_CHUNK_BYTES = 256 * 2**10


def spooled(lines: Iterable[str], media_type: str, headers: Mapping[str, str]) -> StreamingResponse:
    """Answer with the lines, in bounded memory: what is long lies on disk meanwhile.

    The database is done with before the client reads its first byte, so that a slow client holds no connection, and an
    error halfway is an honest error and not an answer cut short. Call from a thread.
    """
    spool = SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by whoever reads it to its end, or fails
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
