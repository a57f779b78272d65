"""The parameters of one `chorus analyze`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dawn_chorus.cli.place.options import PlaceOptions
from dawn_chorus.domain.analysis import Channels
from dawn_chorus.domain.exports.formats import ExportFormat


@dataclass(frozen=True, slots=True)
class Batch:
    """The parameters of one `chorus analyze`."""

    paths: tuple[Path, ...]
    pack: str | None
    export_format: ExportFormat
    out: Path | None
    resume: bool
    min_score: float
    rule_overrides: dict[str, float]
    """Values that replace those of the pack's event rules, by the names of the fields of `EventRule`."""
    place: PlaceOptions
    """Where and when the recordings were made, unless they say so themselves."""
    sites: Path | None
    """sites.csv, for a card that holds many recorders."""
    date: datetime | None
    """The day to look up occurrence for, in place of each recording's own."""
    occurrence_min: float
    workers: int | None
    device: str | None
    channels: Channels = "mix"
    bom: bool = False
    """Whether CSV begins with a byte order mark."""
