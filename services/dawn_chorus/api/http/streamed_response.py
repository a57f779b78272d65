"""Long responses, sent while they are made."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.domain.errors import ChorusError

_WHOLE_BYTES = 256 * 2**10
_CHUNK_BYTES = 256 * 2**10

log = get_logger(__name__)


def streamed(parts: Iterable[str | bytes], media_type: str, headers: Mapping[str, str]) -> Response:
    """Return a response with the parts, in the memory of a few of them.

    The first 256 KiB are made at once: a response that ends within them has its length, and an error is answered as an
    error. The rest is made as the client takes it, each piece in a thread of its own turn; whatever `parts` holds
    between two of them (no connection, please) is held as long as the client likes. An error in the rest breaks the
    connection before the last chunk, so that nobody takes a part for the whole. Call from a thread.
    """
    chunks = _chunks(parts)
    begun: list[bytes] = []
    for chunk in chunks:
        begun.append(chunk)
        if sum(map(len, begun)) >= _WHOLE_BYTES:
            return _Streamed(chain([b"".join(begun)], chunks), headers=headers, media_type=media_type)
    return Response(b"".join(begun), headers=dict(headers), media_type=media_type)


def _chunks(parts: Iterable[str | bytes]) -> Iterator[bytes]:
    """Yield the parts as UTF-8, small ones joined: each chunk costs a change of threads."""
    gathered: list[bytes] = []
    size_bytes = 0
    for part in parts:
        gathered.append(part.encode() if isinstance(part, str) else part)
        size_bytes += len(gathered[-1])
        if size_bytes >= _CHUNK_BYTES:
            yield b"".join(gathered)
            gathered, size_bytes = [], 0
    if gathered:
        yield b"".join(gathered)


class _Streamed(StreamingResponse):
    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except ChorusError as error:
            # Returning before the last chunk makes the server close the connection.
            metrics.api_responses_broken_off.inc()
            log.warning("response broken off", reason=str(error))
