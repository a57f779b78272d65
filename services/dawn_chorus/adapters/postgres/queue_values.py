"""What a queue of events to review is asked for and answers, and the places where its pages end."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter

from dawn_chorus.adapters.postgres.cursors import read_position, storable, write_cursor
from dawn_chorus.domain.errors import InvalidCursor
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.review.verdicts import Strategy

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
BANDS = 10
"""Of confidence, of equal width."""

_Id = Annotated[int, Field(ge=-1, lt=2**63)]
_Seed = Annotated[int, Field(ge=0, lt=2**31)]
_Site = Annotated[str, Field(max_length=1000), AfterValidator(storable)]
_Surest = tuple[Annotated[float, Field(ge=0, le=1)], _Id]
_Day = tuple[Annotated[date, Field(ge=date(1, 1, 2), le=date(9000, 1, 1))] | None, bool, _Site | None, _Id | None]
_Shuffled = tuple[Annotated[int, Field(ge=-(2**31), lt=2**31)], _Id, bool]
_InBands = tuple[
    Annotated[int, Field(ge=0, lt=BANDS)], Annotated[list[_Surest | None], Field(min_length=BANDS, max_length=BANDS)]
]
_HIGHEST: TypeAdapter[tuple[Literal["highest"], None, _Seed, _Surest]] = TypeAdapter(
    tuple[Literal["highest"], None, _Seed, _Surest]
)
_BANDS: TypeAdapter[tuple[Literal["bands"], _Seed, _Seed, _InBands]] = TypeAdapter(
    tuple[Literal["bands"], _Seed, _Seed, _InBands]
)
_RANDOM: TypeAdapter[tuple[Literal["random"], _Seed, _Seed, _Shuffled]] = TypeAdapter(
    tuple[Literal["random"], _Seed, _Seed, _Shuffled]
)
_FIRST: TypeAdapter[tuple[Literal["first"], None, _Seed, _Day]] = TypeAdapter(
    tuple[Literal["first"], None, _Seed, _Day]
)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Selects the events of a queue; a None field does not restrict."""

    scientific_name: str
    taxon_ids: tuple[int, ...]
    """All rows of taxa with that name."""
    pack: str | None = None
    """Only analyses with this pack."""
    site: str | None = None
    from_time: datetime | None = None
    """Only events that start at or after this; excludes undated ones."""
    to_time: datetime | None = None
    """Only events that start before this; excludes undated ones."""
    min_confidence: float = 0.0
    max_confidence: float = 1.0

    @property
    def is_local(self) -> bool:
        """Whether it restricts place or time."""
        return self.site is not None or self.from_time is not None or self.to_time is not None

    @property
    def span(self) -> dict[str, datetime | None]:
        """Where an index by time is read, `low` to below `high`; undated events lie below all times."""
        low = EARLIEST if self.from_time is None and self.to_time is not None else self.from_time
        return {"low": low, "high": self.to_time}


@dataclass(frozen=True, slots=True)
class Walk:
    """An order of events and where in it a page begins."""

    strategy: Strategy
    seed: int | None
    """None: the strategy needs none."""
    place: int = 0
    """How many came before."""
    surest: tuple[float, int] | None = None
    """Confidence and id of the last event; of `highest`."""
    band: int = 0
    """Which band is next."""
    bands: tuple[tuple[float, int] | None, ...] = (None,) * BANDS
    """Confidence and id of the last event of each."""
    shuffled: tuple[int, int, bool] | None = None
    """Hash and id of the last event, and whether the seed made the hash, too; of `random`."""
    day: tuple[date | None, bool, str | None, int | None] | None = None
    """The day, whether it was begun, the last site, and the last id of undated events; of `first`."""

    def to_cursor(self) -> str:
        positions: dict[Strategy, object] = {
            Strategy.HIGHEST: self.surest,
            Strategy.BANDS: (self.band, self.bands),
            Strategy.RANDOM: self.shuffled,
            Strategy.FIRST: self.day and (self.day[0] and self.day[0].isoformat(), *self.day[1:]),
        }
        return write_cursor(self.strategy.value, self.seed, self.place, positions[self.strategy])


def read_walk(cursor: str, strategy: Strategy, seed: int | None) -> Walk:
    """Return where a page begins. Raises InvalidCursor, also for the cursor of another strategy or seed."""
    walk = _read_walk(cursor, strategy)
    if seed is not None and walk.seed != seed:
        raise InvalidCursor(f"the cursor is of the seed {walk.seed}, not {seed}: leave the seed out, or say the same")
    return walk


def _read_walk(cursor: str, strategy: Strategy) -> Walk:
    if strategy is Strategy.BANDS:
        _, seed, place, (band, bands) = read_position(cursor, _BANDS)
        return Walk(strategy, seed, place, band=band, bands=tuple(bands))
    if strategy is Strategy.RANDOM:
        _, seed, place, shuffled = read_position(cursor, _RANDOM)
        return Walk(strategy, seed, place, shuffled=shuffled)
    if strategy is Strategy.FIRST:
        _, _, place, day = read_position(cursor, _FIRST)
        return Walk(strategy, None, place, day=day)
    _, _, place, surest = read_position(cursor, _HIGHEST)
    return Walk(strategy, None, place, surest=surest)


@dataclass(frozen=True, slots=True)
class Event:
    """An event that may be chosen."""

    id: int
    confidence: float = 0.0
    hash: int = 0


class Counted(StrEnum):
    """How far a count can be relied on."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    """Counting ended there."""
    ABOUT = "about"
    """An estimate."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number, and how far it can be relied on."""

    n: int
    kind: Counted = Counted.EXACT


def estimate(n: int, reached: int) -> int:
    """Return how many there are, by how close together the hashes of the first n are, of which `reached` is the last.

    To two digits, which is more than n promises.
    """
    found = n * 2**32 / (reached + 2**31 + 1)
    return int(round(found, 2 - len(str(int(found)))))


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event with its recording's facts."""

    finding: Finding
    place: int
    """In the queue, from 1."""
    duration_s: float
    sample_rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of a queue."""

    items: tuple[QueuedEvent, ...]
    next_cursor: str | None
    """None: nothing follows."""
    left: Count
    reviewed: Count
    """Reviews of what begins in the time asked for."""
    seed: int | None
    """None: the strategy needs none."""
