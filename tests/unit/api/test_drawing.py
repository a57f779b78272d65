"""What children answer about spectrograms is checked, kept if it is right, and given up when nobody waits."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from dawn_chorus.adapters.disk_cache import DiskCache
from dawn_chorus.api.decoders.lending import Lending, LentAudio, Reading
from dawn_chorus.api.decoders.pictures import Pictures
from dawn_chorus.api.http.problems import Problem
from dawn_chorus.api.spectrograms.drawing import Drawing
from dawn_chorus.api.spectrograms.subject import Subject
from dawn_chorus.cage.messages import Message
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.recording import AudioFacts, Place, Recording

ENDED: Message = {"exit": 0, "late": False}
WEBP = b"RIFF....WEBPVP8 "
RECORDING = Recording(
    id=uuid4(),
    filename="dawn.wav",
    store_key="dawn.wav",
    size_bytes=1000,
    sha256="0" * 64,
    audio=AudioFacts("wav/pcm_16", 60.0, 48000, 2),
    place=Place(),
    created_at=datetime.now(UTC),
)
SUBJECT = Subject.of(RECORDING, 2)


class Children:
    """Stand in for `Pictures`: each child answers what was written down for it."""

    def __init__(self, *answers: bytes | Exception, ended: Message = ENDED) -> None:
        self.answers, self.ended, self.asked = list(answers), ended, 0
        self.has_begun, self.may_answer, self.given_up = asyncio.Event(), asyncio.Event(), 0
        self.may_answer.set()

    async def run(self, _job: str, request: Message, *_: Any) -> tuple[bytes, Message]:
        self.asked += 1
        self.has_begun.set()
        assert request["channel"] == 2
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer, self.ended


class Lender:
    @asynccontextmanager
    async def lend(self, recording: Recording, reading: Reading) -> AsyncIterator[LentAudio]:
        assert recording is RECORDING
        assert 0 <= reading.start_s < reading.end_s <= 60
        yield LentAudio(0, {"name": "dawn.wav"})


def pack_message(message: Message) -> bytes:
    body = json.dumps(message).encode()
    return len(body).to_bytes(8, "little") + body


def answer(content: bytes, size: int | None = None) -> bytes:
    return pack_message({"size": len(content) if size is None else size}) + content


def drawn_by(children: Children, folder: Path, use: Callable[[Drawing], Awaitable[Any]]) -> Any:
    drawing = Drawing(cast("Pictures", children), cast("Lending", Lender()), DiskCache(folder, 1 << 20))

    async def run() -> Any:
        return await use(drawing)

    return asyncio.run(run())


@pytest.mark.parametrize(
    "received",
    [b"", b"rubbish", answer(b""), answer(WEBP, 5), answer(b"<html>"), pack_message({"error": "x"}), WEBP],
)
def test_what_is_no_picture_is_undecodable_and_never_kept(tmp_path: Path, received: bytes) -> None:
    children = Children(received, answer(WEBP), ended={"exit": -9, "late": False})

    async def twice(drawing: Drawing) -> bytes:
        with pytest.raises(Problem) as caught:
            await drawing.tile(SUBJECT, 4, 0)
        assert caught.value.kind.name == "undecodable-audio"
        return await drawing.tile(SUBJECT, 4, 0)

    assert drawn_by(children, tmp_path, twice) == WEBP


@pytest.mark.parametrize("low_db", ["NaN", '"<script>"', "null", "1e999"])
def test_a_contrast_that_is_no_number_is_refused(tmp_path: Path, low_db: str) -> None:
    body = f'{{"low_db": {low_db}, "high_db": -20, "loudest": 1}}'.encode()
    children = Children(len(body).to_bytes(8, "little") + body)
    with pytest.raises(Problem, match="Drawing the spectrogram"):
        drawn_by(children, tmp_path, lambda drawing: drawing.contrast(SUBJECT))


def test_a_strip_has_all_its_levels(tmp_path: Path) -> None:
    children = Children(answer(bytes(256 * 511)), answer(bytes(256 * 512)))

    async def twice(drawing: Drawing) -> bytes:
        with pytest.raises(Problem):
            await drawing.strip(SUBJECT, 0)
        return await drawing.strip(SUBJECT, 0)

    assert drawn_by(children, tmp_path, twice) == bytes(256 * 512)


def test_what_a_child_reports_reaches_the_client(tmp_path: Path) -> None:
    for error in ("not_audio", "empty", "undecodable", "permanent"):
        children = Children(pack_message({"error": error, "detail": "it holds a diary"}))
        with pytest.raises(Problem, match="it holds a diary") as caught:
            drawn_by(children, tmp_path, lambda drawing: drawing.tile(SUBJECT, 4, 0))
        assert caught.value.kind.name == "undecodable-audio"
    children = Children(pack_message({"error": "transient", "detail": "the disk is away"}))
    with pytest.raises(TransientError, match="the disk is away"):
        drawn_by(children, tmp_path, lambda drawing: drawing.tile(SUBJECT, 4, 0))


def test_a_picture_is_given_up_when_the_last_who_waits_leaves(tmp_path: Path) -> None:
    async def leave(drawing: Drawing) -> int:
        children = cast("Children", drawing.pictures)
        children.may_answer.clear()
        waiting = [asyncio.create_task(drawing.tile(SUBJECT, 4, 0)) for _ in range(3)]
        await children.has_begun.wait()
        for each in waiting[:2]:
            each.cancel()
        await asyncio.gather(*waiting[:2], return_exceptions=True)
        assert not children.given_up, "one still waits"
        waiting[2].cancel()
        again = asyncio.create_task(drawing.tile(SUBJECT, 4, 0))
        await asyncio.gather(waiting[2], return_exceptions=True)
        children.may_answer.set()
        assert await again == WEBP
        return children.asked

    assert drawn_by(Children(answer(WEBP)), tmp_path, leave) in (1, 2)


def test_an_error_is_that_of_all_who_wait_and_of_no_others(tmp_path: Path) -> None:
    async def several(drawing: Drawing) -> None:
        waiting = [drawing.tile(SUBJECT, 4, 0) for _ in range(3)]
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in found] == [TransientError] * 3
        assert await drawing.tile(SUBJECT, 4, 0) == WEBP

    children = Children(TransientError("away"), answer(WEBP))
    drawn_by(children, tmp_path, several)
    assert children.asked == 2
