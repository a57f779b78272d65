import asyncio
from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY
from starlette.responses import Response
from starlette.types import Message

from dawn_chorus.api.http.streamed_response import streamed
from dawn_chorus.domain.errors import Replaced

LINE = "Höhe\n" * 1000


def send_all(response: Response) -> list[Message]:
    """Return what the server is told, as far as it comes."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    asyncio.run(response({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send))
    return sent


def body_of(sent: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent[1:])


def test_a_long_body_is_its_lines_in_order() -> None:
    lines = [f"Höhe {number}\n" for number in range(100_000)]
    response = streamed(iter(lines), "text/plain; charset=utf-8", {"Vary": "Accept"})
    sent = send_all(response)
    assert body_of(sent).decode() == "".join(lines)
    assert sent[-1]["more_body"] is False
    assert response.headers["vary"] == "Accept"
    assert "content-length" not in response.headers


def test_a_short_body_has_its_length() -> None:
    response = streamed([LINE, b"end"], "text/plain; charset=utf-8", {})
    assert response.headers["content-length"] == str(len(LINE.encode()) + 3)
    assert body_of(send_all(response)) == LINE.encode() + b"end"


def test_an_empty_body_is_one() -> None:
    assert streamed(iter([]), "text/plain", {}).headers["content-length"] == "0"


def test_lines_are_made_as_they_are_taken() -> None:
    made = 0

    def lines() -> Iterator[str]:
        nonlocal made
        for made in range(1000):  # noqa: B007 - read outside
            yield LINE

    response = streamed(lines(), "text/plain", {})
    begun = made
    assert begun < 100
    send_all(response)
    assert made == 999


def failing(after: int, error: Exception) -> Iterator[str]:
    for _ in range(after):
        yield LINE
    raise error


def test_an_early_error_is_raised_and_nothing_is_sent() -> None:
    with pytest.raises(Replaced):
        streamed(failing(3, Replaced("gone")), "text/plain", {})


def test_a_late_error_ends_before_the_last_chunk() -> None:
    before = REGISTRY.get_sample_value("chorus_api_responses_broken_off_total") or 0.0
    sent = send_all(streamed(failing(300, Replaced("gone")), "text/plain", {}))
    assert body_of(sent).startswith(LINE.encode())
    assert all(message["more_body"] for message in sent[1:])
    assert REGISTRY.get_sample_value("chorus_api_responses_broken_off_total") == before + 1


def test_a_bug_is_raised_to_the_server() -> None:
    with pytest.raises(ZeroDivisionError):
        send_all(streamed(failing(300, ZeroDivisionError()), "text/plain", {}))
