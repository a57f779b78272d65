"""A review: what somebody says of a taxon in a stretch of a recording.

It knows no detection. Detections change with every re-cut, retry and pack; what was heard in a recording does not.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Verdict(StrEnum):
    """What a reviewer says of an event."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    """It is not this taxon; which one it is, the review may say."""
    UNCERTAIN = "uncertain"


class Strategy(StrEnum):
    """How a queue chooses the event that comes next."""

    HIGHEST = "highest"
    """The surest first. Their precision flatters."""
    BANDS = "bands"
    """As many of each band of confidence."""
    RANDOM = "random"
    """Each as likely as the other, in an order that a seed decides."""
    FIRST = "first"
    """The surest of each site and day of the recorder's clock."""


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody says of a taxon in a stretch of a recording."""

    id: UUID
    recording_id: UUID
    scientific_name: str
    """Of the taxon: codes differ between packs."""
    onset_ms: int
    """Milliseconds from the recording's start."""
    offset_ms: int
    """The end of the stretch."""
    verdict: Verdict
    reviewer: str
    reviewed_at: datetime
    corrected_taxon: str | None = None
    """The scientific name of the taxon that is heard instead."""
    note: str = ""
    strategy: Strategy | None = None
    """How the event came before the reviewer; None: by no queue."""


def whole_ms(position_s: float) -> int:
    """Return a position as whole milliseconds; a half is rounded up, as PostgreSQL rounds the stored microseconds."""
    return (round(position_s * 1e6) + 500) // 1000
