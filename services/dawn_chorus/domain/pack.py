"""What the service knows about a model pack without opening it."""

from dataclasses import dataclass

from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Grid


@dataclass(frozen=True, slots=True)
class PackFacts:
    """A pack as it is registered, listed and shown with results."""

    name: str
    version: str
    license: str
    """SPDX expression of the weights."""
    attribution: str
    manifest_sha256: str
    grid: Grid
    rules: EventRules
    taxa: tuple[Taxon, ...]
    """In the order of the output columns."""
    has_occurrence: bool = False
    """Whether it knows which of them occur at a place in a week."""
