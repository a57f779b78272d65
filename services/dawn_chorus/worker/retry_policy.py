"""How often a segment is retried, and after which delay. Database outages are waited out in `retrying_ledger`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and after which delay a segment is retried after a transient error."""

    max_attempts: int = 5
    first_s: float = 5.0
    most_s: float = 300.0

    def delay_s(self, attempt: int) -> float:
        """Return the delay after this attempt, counted from 1: it doubles each time."""
        return min(self.most_s, self.first_s * 2.0 ** min(attempt - 1, 30))
