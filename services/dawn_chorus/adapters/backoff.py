"""How long to wait before trying a server again that is away."""

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Doubling waits with jitter, so that a fleet does not come back in one wave.

    Each wait is drawn evenly from the upper half of its step ("equal jitter"): never next to nothing, never in step
    with the others. One thread uses it.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    _failures: int = field(default=0, init=False)

    def next_s(self) -> float:
        """Give the wait after one more failure, in seconds."""
        step_s = min(self.most_s, self.first_s * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return step_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

    def reset(self) -> None:
        """Begin anew: the last try succeeded."""
        self._failures = 0
