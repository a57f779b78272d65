import asyncio
from collections.abc import Iterator

import pytest

from dawn_chorus.api.http.spooled_response import spooled


def test_the_body_is_the_lines_in_order() -> None:
    lines = [f"Höhe {number}\n" for number in range(100_000)]
    response = spooled(iter(lines), "text/plain; charset=utf-8", {"Vary": "Accept"})

    async def body() -> bytes:
        return b"".join([bytes(chunk) async for chunk in response.body_iterator])  # type: ignore[arg-type]

    content = asyncio.run(body())
    assert content.decode() == "".join(lines)
    assert response.headers["content-length"] == str(len(content))


def test_an_error_halfway_is_raised_and_no_truncated_response_is_sent() -> None:
    def lines() -> Iterator[str]:
        yield "first\n"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        spooled(lines(), "text/plain", {})
