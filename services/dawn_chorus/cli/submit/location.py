"""Where and when each recording was made, read as the service reads it: so that no byte is sent to find it out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from dawn_chorus.cli.place.options import PlaceOptions
from dawn_chorus.cli.place.sites import Places
from dawn_chorus.cli.sources import Source
from dawn_chorus.domain.clock.start import Start, StartFrom
from dawn_chorus.domain.errors import ChorusError
from dawn_chorus.domain.names import displayed
from dawn_chorus.domain.recording import Place

if TYPE_CHECKING:
    from dawn_chorus.inference.decoders.pool import DecoderPool

_PROCESSES = 2
"""Reading headers is light work."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where and when a file was recorded."""

    given: PlaceOptions
    """What the command says of it."""
    place: Place
    """With what its header and name say."""
    start: Start | None
    is_read: bool
    """Whether the header could be read; if not, only the service can say."""


@dataclass(slots=True)
class Locator:
    """Locates recordings; safe to use from many threads. Headers are read in processes of their own."""

    places: Places
    _stack: ExitStack
    _decoders: "DecoderPool | None" = None
    _lock: Lock = field(default_factory=Lock)

    def locate(self, source: Source) -> Located:
        """Raise UnclearHour if summer time skips or repeats the hour of the file's clock."""
        from dawn_chorus.inference.decoders.pool import DecoderPool

        given = self.places.of(source)
        if given.start_from is StartFrom.NONE:
            return Located(given, given.place(), None, is_read=True)
        with self._lock:
            if self._decoders is None:
                self._decoders = self._stack.enter_context(DecoderPool(_PROCESSES))
        try:
            facts = self._decoders.probe(source.path)
        except ChorusError:
            return Located(given, given.place(), None, is_read=False)
        place, start = given.locate(facts, displayed(source.path.name))
        return Located(given, place, start, is_read=True)


@contextmanager
def open_locator(places: Places) -> Iterator[Locator]:
    """Yield a locator; its processes end with the block."""
    with ExitStack() as stack:
        yield Locator(places, stack)
