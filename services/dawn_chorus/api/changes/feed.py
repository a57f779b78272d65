"""Hands what changes to all who follow, with one look at the database for all of them.

A look begins at least a second after the one before has ended, so an analysis makes progress once a second at most.
Whoever joins gets the state of all that is unfinished, page by page from the next look on, and every change. A client
that reads slowly gets the newest state only, but each `finished` and `deleted`; if too much waits for it, it is let go:
it comes again and begins anew.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.http.request_ids import leave_request
from dawn_chorus.domain.errors import TransientError

INTERVAL_S = 1.0
MOST_WAITING_BYTES = 4 * 2**20
"""For one client, unless it is a single event. What waits for several clients is one copy."""
_PIECE_BYTES = 2**19
_AT_ONCE = 100
_PAGES_A_LOOK = 8
_PAUSE_S = 0.05
"""After each piece, in which clients take it; some more of them while one has no room for the next."""
_MOST_PAUSES = 10
_REPLACES = {"recording": ("recording",), "progress": ("progress",), "finished": ("progress", "finished"),
             "deleted": ("recording", "deleted"), "export": ("export",)}  # fmt: skip

log = get_logger(__name__)


class Missed(Exception):
    """Changes may have been missed: all clients must begin anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """One event, made once for all clients."""

    event: Literal["recording", "progress", "finished", "deleted", "export"]
    id: str
    """Of the recording, analysis or export."""
    data: str
    """JSON."""


class ChangeSource(Protocol):
    """Where changes come from; used by one task at a time. Each call raises TransientError if it cannot be asked."""

    async def begin(self) -> None:
        """Have the first look return what changes from now on."""

    def look(self) -> AsyncIterator[Sequence[Change]]:
        """Yield what changed since the look before, in pages. Begins there again if it was not read to its end.

        Raises Missed.
        """

    async def list_unfinished(self, after: Any) -> tuple[Sequence[Change], Any]:
        """Return a page of what is unfinished and where it ends; from the beginning after None, and None at the end."""


class Follower:
    """One client: what waits to be sent to it, in order."""

    def __init__(self) -> None:
        self.is_over = False
        self.lacks_state = True
        """It has not been given all that is unfinished yet."""
        self.place: Any = None
        """How far it was given that."""
        self._waiting: dict[tuple[str, str], Change] = {}
        self._waiting_bytes = 0
        self._ready = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Whether more may come; one that is over takes nothing."""
        return self._waiting_bytes < MOST_WAITING_BYTES // 4

    def put(self, changes: Sequence[Change]) -> None:
        """Have the changes wait; older states of the same things are dropped."""
        if self.is_over or not changes:
            return
        for change in changes:
            for event in _REPLACES[change.event]:
                if (old := self._waiting.pop((event, change.id), None)) is not None:
                    self._waiting_bytes -= len(old.data)
            self._waiting[change.event, change.id] = change
            self._waiting_bytes += len(change.data)
        self._ready.set()
        if self._waiting_bytes > MOST_WAITING_BYTES and len(self._waiting) > 1:
            log.info("event stream ended, its client reads too slowly", waiting=len(self._waiting))
            self.end()

    def end(self) -> None:
        self.is_over = True
        self._waiting.clear()
        self._waiting_bytes = 0
        self._ready.set()

    async def take(self) -> Sequence[Change]:
        """Return what waits, once there is something; nothing once it is over."""
        await self._ready.wait()
        keys = list(self._waiting)[:_AT_ONCE]
        taken = [self._waiting.pop(key) for key in keys]
        self._waiting_bytes -= sum(len(change.data) for change in taken)
        if not self._waiting and not self.is_over:
            self._ready.clear()
        return taken


class ChangeFeed:
    """Looks as long as anybody follows. Belongs to one event loop."""

    def __init__(self, source: ChangeSource, interval_s: float = INTERVAL_S) -> None:
        self._source, self._interval_s = source, interval_s
        self._followers: dict[Follower, None] = {}
        self._looking: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[Follower]:
        """Follow: nothing that is committed from now on is missed. Raises TransientError if it cannot begin."""
        follower = Follower()
        async with self._beginning:
            if self._looking is None or self._looking.done():
                await self._source.begin()
                self._looking = asyncio.create_task(self._run())
            self._followers[follower] = None
        try:
            yield follower
        finally:
            self._followers.pop(follower, None)

    async def _run(self) -> None:
        leave_request()
        try:
            while self._followers:
                try:
                    await self._publish()
                    await self._give_state()
                except TransientError as error:  # the streams stay open; the next look sees what this one did not
                    log.info("changes not looked up, will be retried", reason=str(error))
                await asyncio.sleep(self._interval_s)
        except Missed:
            log.warning("event streams ended, changes may have been missed")
            self._end_all()
        except Exception:  # a bug, or a schema being migrated: clients come again, and do not wait for ever
            log.exception("event streams ended")
            self._end_all()

    def _end_all(self) -> None:
        for follower in self._followers:
            follower.end()
        self._followers.clear()

    async def _publish(self) -> None:
        async for changes in self._source.look():
            await self._hand_out(changes, list(self._followers))

    async def _give_state(self) -> None:
        """Hand all who joined the next pages of what is unfinished, one page to all who are at the same place."""
        for _ in range(_PAGES_A_LOOK):
            lacking = [each for each in self._followers if each.lacks_state and each.has_room and not each.is_over]
            if not lacking:
                return
            place = lacking[0].place
            changes, end = await self._source.list_unfinished(place)
            served = [each for each in lacking if each.place == place and each in self._followers]
            for follower in served:
                follower.place, follower.lacks_state = end, end is not None
                # To the end of the line: others are at another place.
                del self._followers[follower]
                self._followers[follower] = None
            await self._hand_out(changes, served)

    async def _hand_out(self, changes: Sequence[Change], followers: Sequence[Follower]) -> None:
        for piece in _pieces(changes):
            for follower in followers:
                follower.put(piece)
            for _ in range(_MOST_PAUSES):
                await asyncio.sleep(_PAUSE_S)
                if all(each.has_room for each in followers):
                    break


def _pieces(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    """Yield the changes in pieces of about the same size, whatever the size of each."""
    piece: list[Change] = []
    size_bytes = 0
    for change in changes:
        piece.append(change)
        size_bytes += len(change.data)
        if size_bytes >= _PIECE_BYTES:
            yield piece
            piece, size_bytes = [], 0
    if piece:
        yield piece
