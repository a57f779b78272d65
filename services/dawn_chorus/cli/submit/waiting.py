"""What the service is waited for, told once for each long wait."""

import time
from dataclasses import dataclass

from dawn_chorus.cli.output import print_note
from dawn_chorus.cli.submit.patience import show_duration

_NOTED_FROM_S = 3.0
"""A shorter wait is not worth a line."""
_SLACK_S = 0.25
"""Between the end of a wait and the next try."""


@dataclass(slots=True)
class Waiting:
    """The last wait; written by the uploading threads, read by the one that prints."""

    patience_s: float
    _reason: str = ""
    _until: float = 0.0
    _since: float | None = None
    _is_noted: bool = False

    def note(self, reason: str, wait_s: float) -> None:
        self._reason, self._until = reason, time.monotonic() + wait_s

    def tell(self) -> str:
        """Return what is waited for, or nothing; say in a line that it takes long, and when it is over.

        Call it some times a second.
        """
        now = time.monotonic()
        if now > self._until + _SLACK_S:
            self._since = None
            if self._is_noted:
                self._is_noted = False
                print_note("the service answers again")
            return ""
        self._since = now if self._since is None else self._since
        if not self._is_noted and now - self._since >= _NOTED_FROM_S:
            self._is_noted = True
            print_note(f"waiting, for up to {show_duration(self.patience_s)}: {self._reason}")
        return self._reason
