"""`python -m tests.bench.upload_load URL HOW …`: posts small recordings from a process of its own; prints JSON.

`closed CLIENTS SECONDS`: each client posts the next recording when the last is answered, on one connection.
`open RATE SECONDS`: so many posts a second, whatever comes back, each on a connection of its own.
Beside both, a list is read four times a second. On plain asyncio streams: an HTTP library would be the slower half.
"""

import asyncio
import json
import os
import struct
import sys
import time
from collections import defaultdict
from statistics import median
from urllib.parse import urlsplit

RATE_HZ = 16_000
SECONDS_OF_SOUND = 1
PATIENCE_S = 60.0
_GET_EVERY_S = 0.25
_BOUNDARY = b"chorus-bench-boundary"
Outcomes = dict[str, list[float]]
"""Latencies in seconds by outcome: a status, or `unanswered`."""


def make_wav() -> bytes:
    """Return a second of noise that nobody has sent before: known bytes would be answered as duplicates."""
    samples = os.urandom(2 * RATE_HZ * SECONDS_OF_SOUND)
    form = struct.pack("<HHIIHH", 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    size = struct.pack("<I", len(samples))
    return b"".join(
        (b"RIFF", struct.pack("<I", 36 + len(samples)), b"WAVEfmt ", b"\x10\0\0\0", form, b"data", size, samples)
    )


def make_post(host: str, *, keep: bool) -> bytes:
    part = b'content-disposition: form-data; name="file"; filename="dawn.wav"\r\ncontent-type: audio/wav\r\n\r\n'
    body = b"".join((b"--", _BOUNDARY, b"\r\n", part, make_wav(), b"\r\n--", _BOUNDARY, b"--\r\n"))
    head = (
        f"POST /v1/recordings HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}\r\n"
        f"content-type: multipart/form-data; boundary={_BOUNDARY.decode()}\r\n"
        f"connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
    )
    return head.encode() + body


def make_get(host: str) -> bytes:
    return f"GET /v1/recordings?limit=10 HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()


async def _answer(reader: asyncio.StreamReader) -> str:
    """Return the status of the next response, after its whole body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = head.split(" ", 2)[1]
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name == "content-length":
            await reader.readexactly(int(value))
    return status


class Load:
    """Sends requests and keeps what came back."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._host = parts.netloc
        self.posts: Outcomes = defaultdict(list)
        self.gets: Outcomes = defaultdict(list)

    async def run_closed(self, clients: int, seconds: float) -> float:
        """Return how long it took until the last answer, in seconds."""
        began = time.perf_counter()
        reading = asyncio.create_task(self._read_lists(began + seconds))
        await asyncio.gather(*(self._post_in_turn(began + seconds) for _ in range(clients)))
        took_s = time.perf_counter() - began
        await reading
        return took_s

    async def _post_in_turn(self, end: float) -> None:
        reader, writer = await asyncio.open_connection(*self._address)
        while time.perf_counter() < end:
            began = time.perf_counter()
            writer.write(make_post(self._host, keep=True))
            status = await _answer(reader)
            self.posts[status].append(time.perf_counter() - began)
            if status == "429":
                writer.close()
                reader, writer = await asyncio.open_connection(*self._address)
        writer.close()

    async def run_open(self, per_s: float, seconds: float) -> float:
        began = time.perf_counter()
        reading = asyncio.create_task(self._read_lists(began + seconds))
        running = set()
        for number in range(round(per_s * seconds)):
            await asyncio.sleep(began + number / per_s - time.perf_counter())
            running.add(asyncio.create_task(self._ask(make_post(self._host, keep=False), self.posts)))
        took_s = time.perf_counter() - began
        await asyncio.gather(*running, reading)
        return took_s

    async def _read_lists(self, end: float) -> None:
        running = []
        while time.perf_counter() < end:
            running.append(asyncio.create_task(self._ask(make_get(self._host), self.gets)))
            await asyncio.sleep(_GET_EVERY_S)
        await asyncio.gather(*running)

    async def _ask(self, request: bytes, outcomes: Outcomes) -> None:
        """Send one request on a connection of its own; what is answered before the body's end counts as answered."""
        began, writer, outcome = time.perf_counter(), None, "unanswered"
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_connection(*self._address)
                writer.write(request)
                outcome = await _answer(reader)
        except (OSError, EOFError, TimeoutError) as error:
            sys.stderr.write(f"unanswered: {error!r}\n")
        finally:
            outcomes[outcome].append(time.perf_counter() - began)
            if writer is not None:
                writer.close()


async def _main(url: str, how: str, amount: float, seconds: float) -> None:
    load = Load(url)
    took_s = await (load.run_closed(round(amount), seconds) if how == "closed" else load.run_open(amount, seconds))
    sys.stdout.write(json.dumps({"took_s": took_s, "posts": _sum_up(load.posts), "gets": _sum_up(load.gets)}))


def _sum_up(outcomes: Outcomes) -> dict[str, dict[str, float]]:
    return {
        outcome: {"n": len(each), "median_s": median(each), "worst_s": max(each)} for outcome, each in outcomes.items()
    }


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))
