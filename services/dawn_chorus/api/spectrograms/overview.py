"""Pictures of long spans, put together of strips, which are drawn one after the other and kept.

Drawing the strips of a day takes a minute or two of one processor core, once; whoever asks meanwhile is told how far it
is, or gets what is there so far. It goes on while somebody asks.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.http.problems import BUSY, Problem
from dawn_chorus.api.spectrograms.drawing import Drawing
from dawn_chorus.api.spectrograms.subject import Subject
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.pictures.spectrogram_grid import (
    ABSENT,
    COLUMNS,
    FULL_SCALE,
    ROWS,
    STEPS_PER_DB,
    STRIP_SPAN_S,
    count_pictures,
)

WAIT_S = 8.0
"""How long a request waits for strips."""
RETRY_AFTER_S = 2
WANTED_S = 30.0
"""How long strips are drawn on after somebody asked last."""
RUNS = 2
"""How many recordings may have strips drawn at a time; they take one place of the pictures each."""
_POWERS = np.float32(10) ** ((np.arange(256, dtype=np.float32) - FULL_SCALE) / (10 * STEPS_PER_DB))
_POWERS[ABSENT] = 0
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OverviewPicture:
    """A picture of a long span."""

    webp: bytes
    drawn_share: float
    """Of its strips; 1: the picture is whole, and will never change."""


@dataclass(frozen=True, slots=True)
class Overviews:
    """Draws overviews. One for each process of the API, used from one event loop."""

    drawing: Drawing
    _runs: dict[str, "_Run"] = field(default_factory=dict)

    async def picture(self, subject: Subject, span_s: int, index: int, *, partial: bool) -> OverviewPicture:
        """Return a picture of a span of `STRIP_SPAN_S` or more, of the strips that are there so far if `partial`.

        Raises Problem `busy` if there are not all yet, and what drawing a strip raises; TransientError.
        """
        key = subject.key("overview", span_s, index)
        found = await asyncio.to_thread(self.drawing.cache.get, key)
        if found is not None:
            return OverviewPicture(found, 1.0)
        levels, missing = await asyncio.to_thread(self._put_together, subject, span_s, index)
        if missing:
            is_done = await self._draw_for_a_while(subject, missing)
            levels, missing = await asyncio.to_thread(self._put_together, subject, span_s, index)
            if missing and is_done:
                raise TransientError("the folder of pictures cannot keep the parts of this overview: make room there")
        if not missing:
            return OverviewPicture(await self.drawing.kept(key, lambda: self.drawing.encode(levels)), 1.0)
        share = 1 - len(missing) / len(strips_of(subject.duration_s, span_s, index))
        if not partial:
            detail = f"{share:.0%} of this overview are drawn; ask again, or with partial=true for what is there"
            raise Problem(BUSY, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
        return OverviewPicture(await self.drawing.encode(levels), share)

    async def close(self) -> None:
        """Stop drawing."""
        tasks = [run.task for run in self._runs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _put_together(self, subject: Subject, span_s: int, index: int) -> tuple[bytes, list[int]]:
        """Return the levels of a picture, and which of its strips are missing. Blocks."""
        pooled, missing = _Means(span_s, index), []
        for strip in strips_of(subject.duration_s, span_s, index):
            kept = self.drawing.kept_strip(subject, strip)
            if kept is None:
                missing.append(strip)
            else:
                pooled.add(strip, np.frombuffer(kept, np.uint8).reshape(ROWS, COLUMNS))
        return pooled.levels().tobytes(), missing

    async def _draw_for_a_while(self, subject: Subject, missing: Sequence[int]) -> bool:
        """Have strips drawn; return whether all were in the time that a request waits. Raises what drawing raised."""
        try:
            async with asyncio.timeout(WAIT_S):
                run = await self._run(subject, missing)
                await asyncio.wait((run.task,))
        except TimeoutError:
            return False
        return run.task.result()

    async def _run(self, subject: Subject, missing: Sequence[int]) -> "_Run":
        """Return what draws these strips, once it has a place: of other recordings some are drawn first."""
        key = subject.key(missing[-1])
        while key not in self._runs and len(self._runs) >= RUNS:
            await asyncio.wait([run.task for run in self._runs.values()], return_when=asyncio.FIRST_COMPLETED)
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = _Run(time.monotonic() + WANTED_S)
            run.task = asyncio.create_task(self._draw(run, subject, missing))
            run.task.add_done_callback(lambda task: self._end(key, task))
        run.wanted_until = time.monotonic() + WANTED_S
        return run

    async def _draw(self, run: "_Run", subject: Subject, strips: Sequence[int]) -> bool:
        """Draw strips as long as somebody wants them; return whether all are drawn."""
        for strip in strips:
            while True:
                if time.monotonic() > run.wanted_until:
                    return False
                try:
                    await self.drawing.strip(subject, strip)
                    break
                except Problem as problem:
                    if problem.kind is not BUSY:
                        raise
                await asyncio.sleep(RETRY_AFTER_S)
        return True

    def _end(self, key: str, task: "asyncio.Task[bool]") -> None:
        del self._runs[key]
        if not task.cancelled() and (error := task.exception()):
            log.info("an overview could not be drawn", reason=str(error))


@dataclass(slots=True)
class _Run:
    """Strips of a recording that are drawn now."""

    wanted_until: float
    task: "asyncio.Task[bool]" = field(init=False)


def strips_of(duration_s: float, span_s: int, index: int) -> range:
    """Return the strips that a picture of this span is made of, up to the recording's end."""
    n = span_s // STRIP_SPAN_S
    return range(index * n, min((index + 1) * n, count_pictures(duration_s, STRIP_SPAN_S)))


class _Means:
    """Mean powers of the columns of strips, for one picture; columns without sound do not count."""

    def __init__(self, span_s: int, index: int) -> None:
        self._each, self._first = span_s // STRIP_SPAN_S, index * COLUMNS
        """How many columns of strips there are in one of the picture."""
        self._sums = np.zeros((ROWS, COLUMNS), np.float32)
        self._counts = np.zeros((ROWS, COLUMNS), np.float32)

    def add(self, strip: int, levels: NDArray[np.uint8]) -> None:
        joined = min(self._each, COLUMNS)
        first = strip * COLUMNS // self._each - self._first
        powers = _POWERS[levels].reshape(ROWS, -1, joined).sum(axis=2)
        counts = (levels != ABSENT).reshape(ROWS, -1, joined).sum(axis=2)
        self._sums[:, first : first + powers.shape[1]] += powers
        self._counts[:, first : first + powers.shape[1]] += counts

    def levels(self) -> NDArray[np.uint8]:
        """Return (n_rows, n_columns)."""
        decibels = 10 * np.log10(np.maximum(self._sums / np.maximum(self._counts, 1), 1e-20))
        levels = np.clip(np.rint(FULL_SCALE + STEPS_PER_DB * decibels), 1, FULL_SCALE)
        return np.where(self._counts > 0, levels, ABSENT).astype(np.uint8)
