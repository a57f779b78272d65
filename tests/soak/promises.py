"""What clients were answered: each answer is a promise that the ledger must keep."""

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from tests.soak.sounds import Sound


def tell(line: str) -> None:
    """Show how far it is, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


Event = tuple[str, int, int]
"""Taxon, onset and offset in milliseconds."""
Verdict = tuple[str, str | None]
"""Verdict, and the taxon heard instead."""


@dataclass
class Promised:
    """A recording that was taken, and what became of it by its owner's wish. One thread changes it."""

    id: UUID
    sound: Sound
    site: str
    sends: int
    """How often it was sent until it was answered."""
    analyses: set[UUID] = field(default_factory=set)
    cancelled: set[UUID] = field(default_factory=set)
    unsure_analyses: int = 0
    """Requests for an analysis that may have begun one without saying so."""
    reviewer: str = ""
    reviews: dict[Event, Verdict] = field(default_factory=dict)
    review_ids: dict[Event, UUID] = field(default_factory=dict)
    is_deleted: bool = False
    has_audio: bool = True


@dataclass(frozen=True)
class Asked:
    """A request and its outcome: a status, or `unanswered`."""

    at_s: float
    kind: str
    outcome: str


@dataclass
class Promises:
    """Of all clients; safe from many threads."""

    began: float = field(default_factory=time.monotonic)
    recordings: list[Promised] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Hashes of what was answered with 4xx, or given up by its client."""
    differences: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """Of what was done, by kind: uploads kept, reviews, exports fetched, …"""
    tiles: dict[tuple[int, int], str] = field(default_factory=dict)
    """Hashes of pictures, by sound and index."""
    poison: set[bytes] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @property
    def now_s(self) -> float:
        return time.monotonic() - self.began

    def note(self, kind: str, outcome: str) -> None:
        with self._lock:
            self.asked.append(Asked(self.now_s, kind, outcome))

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def differ(self, what: str) -> None:
        """Keep a difference between what was promised and what is."""
        with self._lock:
            self.differences.append(f"{self.now_s:.0f} s: {what}")

    def keep(self, recording: Promised) -> Promised:
        with self._lock:
            self.recordings.append(recording)
        return recording

    def same_tile(self, sound: int, index: int, digest: str) -> bool:
        """Return whether a picture is as the first one of this sound was."""
        with self._lock:
            return self.tiles.setdefault((sound, index), digest) == digest
