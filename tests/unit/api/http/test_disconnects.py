"""Work for a client that goes away is cancelled, and has ended before anything else is told."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from dawn_chorus.api.http.disconnects import while_connected


def request(*messages: str, then: asyncio.Event) -> Request:
    """Return a request that receives these messages, the last one once the event is set."""
    left = list(messages)

    async def receive() -> Message:
        if len(left) == 1:
            await then.wait()
        return {"type": left.pop(0)}

    return Request({"type": "http", "headers": []}, receive)


def test_what_the_work_returns_is_returned() -> None:
    async def run() -> int:
        return await while_connected(
            request("http.request", "http.disconnect", then=asyncio.Event()), asyncio.sleep(0, 7)
        )

    assert asyncio.run(run()) == 7


def test_an_error_of_the_work_is_raised() -> None:
    async def fail() -> None:
        raise KeyError("x")

    async def run() -> None:
        await while_connected(request("http.disconnect", then=asyncio.Event()), fail())

    with pytest.raises(KeyError):
        asyncio.run(run())


def test_the_work_has_ended_when_the_disconnection_is_told() -> None:
    ended: list[str] = []

    async def run() -> None:
        gone = asyncio.Event()

        async def work() -> None:
            try:
                gone.set()
                await asyncio.sleep(600)
            finally:
                await asyncio.sleep(0.01)
                ended.append("cleaned up")

        await while_connected(request("http.request", "http.disconnect", then=gone), work())

    with pytest.raises(ClientDisconnect):
        asyncio.run(run())
    assert ended == ["cleaned up"]


def test_the_work_ends_when_the_request_itself_is_cancelled() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            ended.append("cleaned up")

    async def run() -> None:
        waiting = asyncio.create_task(while_connected(request("http.disconnect", then=asyncio.Event()), work()))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(run())
    assert ended == ["cleaned up"]
