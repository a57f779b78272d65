import asyncio
from collections.abc import Iterator

import pytest

from dawn_chorus.api.http.spooled_response import spooled


def test_the_lines_come_out_as_they_went_in() -> None:
    lines = [f"Höhe {number}\n" for number in range(100_000)]
    response = spooled(iter(lines), "text/plain; charset=utf-8", {"Vary": "Accept"})

    async def body() -> bytes:
        return b"".join([bytes(chunk) async for chunk in response.body_iterator])  # type: ignore[arg-type]

    content = asyncio.run(body())
    assert content.decode() == "".join(lines)
    assert response.headers["content-length"] == str(len(content))


def test_an_error_halfway_is_an_error_and_no_answer_cut_short() -> None:
    def lines() -> Iterator[str]:
        yield "first\n"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        spooled(lines(), "text/plain", {})
