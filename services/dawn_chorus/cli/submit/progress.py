"""What is shown while a run goes on: one bar for the whole on a terminal, a line now and then elsewhere."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from dawn_chorus.cli.output import print_note, progress_bar
from dawn_chorus.cli.submit.outcomes import Outcome
from dawn_chorus.cli.submit.patience import show_duration

LINE_EVERY_S = 30.0
_PACE_OVER_S = 60.0


@dataclass(slots=True)
class Totals:
    """What was done so far; written by all threads."""

    n_files: int
    size_bytes: int
    """Of all files together."""
    files_done: int = 0
    bytes_done: int = 0
    """Of files that ended, sent or not."""
    bytes_sent: int = 0
    """On the wire, cut uploads and second tries included."""
    sound_s: float = 0.0
    _under_way: int = 0
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def sending(self) -> Iterator["Sending"]:
        """Yield where to count the bytes of one upload as they are sent."""
        sending = Sending(self)
        try:
            yield sending
        finally:
            sending.stand_at(0)

    def add(self, *, sent: int, further: int) -> None:
        """Count bytes on the wire, and how much further the uploads under way are."""
        with self._lock:
            self.bytes_sent += sent
            self._under_way += further

    def end(self, outcome: Outcome) -> None:
        with self._lock:
            self.files_done += 1
            self.bytes_done += outcome.size_bytes
            self.sound_s += outcome.duration_s

    @property
    def bytes_behind(self) -> int:
        """Bytes of files that ended and of uploads under way."""
        with self._lock:
            return min(self.size_bytes, self.bytes_done + self._under_way)


@dataclass(slots=True)
class Sending:
    """One file on its way."""

    _totals: Totals
    _position: int = 0

    def count(self, n_bytes: int) -> None:
        """Count bytes that were sent."""
        self._position += n_bytes
        self._totals.add(sent=n_bytes, further=n_bytes)

    def stand_at(self, position: int) -> None:
        """Note how many bytes have arrived: fewer than were sent after a cut, more where an earlier run sent some."""
        self._totals.add(sent=0, further=position - self._position)
        self._position = position


@dataclass(slots=True)
class Pace:
    """Speeds over the last minute."""

    clock: Callable[[], float] = time.monotonic
    _marks: deque[tuple[float, int, int]] = field(default_factory=deque)

    def mark(self, totals: Totals) -> None:
        now = self.clock()
        self._marks.append((now, totals.bytes_sent, totals.bytes_behind))
        while now - self._marks[0][0] > _PACE_OVER_S:
            self._marks.popleft()

    @property
    def sent_bytes_per_s(self) -> float:
        return self._slope(1)

    def eta_s(self, totals: Totals) -> float | None:
        """Return the seconds left at this pace; None while there is none."""
        pace = self._slope(2)
        return (totals.size_bytes - totals.bytes_behind) / pace if pace > 0 else None

    def _slope(self, column: int) -> float:
        if len(self._marks) < 2:
            return 0.0
        first, last = self._marks[0], self._marks[-1]
        span_s = last[0] - first[0]
        return (last[column] - first[column]) / span_s if span_s > 0 else 0.0


def describe(totals: Totals, pace: Pace) -> str:
    """Return how far it is, how fast, and how long it takes: `12 of 40 files, 8.3 MB/s, 2.4 h of sound, 3 min left`."""
    eta_s = pace.eta_s(totals)
    parts = [
        f"{totals.files_done:,} of {totals.n_files:,} files",
        f"{pace.sent_bytes_per_s / 1e6:.1f} MB/s",
        f"{totals.sound_s / 3600:,.1f} h of sound",
    ]
    if eta_s is not None:
        parts.append(f"{show_duration(eta_s)} left")
    return ", ".join(parts)


@dataclass(slots=True)
class Display:
    """Shows the totals when it is told to; call `show` some times a second."""

    totals: Totals
    show: Callable[[str], None]
    """Receives what the service is waited for; empty while it is there."""


@contextmanager
def open_display(totals: Totals, clock: Callable[[], float] = time.monotonic) -> Iterator[Display]:
    """Yield a bar on stderr if that is a terminal, else a printer of lines."""
    pace = Pace(clock)
    with progress_bar() as bar:
        if bar.disable:
            yield Display(totals, _Lines(totals, pace, clock).show)
            return
        task = bar.add_task("", total=max(1, totals.size_bytes), rate="")

        def show(waiting: str) -> None:
            pace.mark(totals)
            text = f"waiting: {waiting}" if waiting else describe(totals, pace)
            bar.update(task, completed=totals.bytes_behind, description=text)

        yield Display(totals, show)


@dataclass(slots=True)
class _Lines:
    """Prints a line now and then."""

    totals: Totals
    pace: Pace
    clock: Callable[[], float]
    _printed_at: float | None = None

    def show(self, waiting: str) -> None:
        now = self.clock()
        self.pace.mark(self.totals)
        if self._printed_at is None:
            self._printed_at = now
        elif now - self._printed_at >= LINE_EVERY_S:
            self._printed_at = now
            print_note(describe(self.totals, self.pace) + (f"; waiting: {waiting}" if waiting else ""))
