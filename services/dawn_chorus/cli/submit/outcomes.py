"""How a file ended."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from dawn_chorus.domain.clock.start import Start

Answer = dict[str, Any]
SUMMED_UP = ("duration_s", "latitude", "recorded_at", "start")
"""What the last lines of a run need of an answer."""


class OutcomeKind(StrEnum):
    """The column `outcome` of the report."""

    UPLOADED = "uploaded"
    ALREADY_THERE = "already there"
    """Nothing was sent: the service has the recording and an analysis that answers what is asked."""
    ANALYZED_AGAIN = "analyzed again"
    """No byte was sent: the service has the recording, and analyzes it as asked now."""
    REFUSED = "refused"
    """By the service, or it could not be read here."""

    @property
    def is_there(self) -> bool:
        return self is not OutcomeKind.REFUSED


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    shown: str
    """The path as it is printed."""
    kind: OutcomeKind
    size_bytes: int
    sha256: str | None = None
    answer: Answer | None = None
    """The service's recording; None if it was refused."""
    analysis_id: str | None = None
    reason: str = ""

    @property
    def missing_time(self) -> str:
        """Return why a recording that was sent now has no time although it has a clock; empty if that is not so."""
        start = (self.answer or {}).get("start")
        if start is None or (self.answer or {}).get("recorded_at"):
            return ""
        known = Start(None, start["source"], start["certain"], start["reason"])
        return known.reason if known.is_unclear else ""

    @property
    def duration_s(self) -> float:
        return float((self.answer or {}).get("duration_s", 0.0))

    def shortened(self) -> "Outcome":
        """Return it with no more of the answer than `SUMMED_UP`: whole ones of 100,000 files take 850 MB."""
        if self.answer is None:
            return self
        return replace(self, answer={key: self.answer[key] for key in SUMMED_UP if key in self.answer})
