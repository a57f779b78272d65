"""Thresholds that people chose: the confidence from which events of a taxon count, at a site or at all sites."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Threshold:
    """Below this, events of the taxon do not count; that of a site goes before that of all sites."""

    scientific_name: str
    """Of the taxon: codes differ between packs."""
    site: str | None
    """None: at all sites."""
    pack: str
    """Scores of different packs mean different things."""
    threshold: float
    set_by: str
    set_at: datetime
    note: str = ""
