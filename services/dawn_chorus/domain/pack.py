"""What the service knows about a model pack without opening it."""

from dataclasses import dataclass

from dawn_chorus.domain.errors import PermanentError
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


def check_version(pack: str, *, began_with: str | None, installed: str) -> None:
    """Raise PermanentError if an analysis began with another version than the one that is installed here.

    The scores of two versions cannot be compared, and must not stand in one timeline.
    """
    if began_with not in {None, installed}:
        raise PermanentError(
            f"the analysis began with {pack} {began_with}, and {installed} is installed now: begin a new analysis"
        )
