"""What `chorus export` was asked for."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from dawn_chorus.domain.exports.formats import ExportFormat

CLIPS, REVIEWS = "clips", "reviews"
_ACROSS = {each.name: each.value for each in ExportFormat if each is not ExportFormat.AUDACITY_BIRDNET}
ExportedFormat = StrEnum("ExportedFormat", {**_ACROSS, "CLIPS": CLIPS, "REVIEWS": REVIEWS})  # type: ignore[misc]
"""The formats across recordings; `clips`: a zip of sound, `reviews`: a table that the service takes back."""
CSV = ExportedFormat("csv")
MADE_IN_BACKGROUND = (CLIPS, ExportFormat.JSON, ExportFormat.PARQUET, ExportFormat.CAMTRAP_DP, ExportFormat.DWCA)
"""What takes long before its first byte, and what answers to requests have in pages only."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The options of one run."""

    format: str
    filters: dict[str, Any]
    """As the service names them; without those that were not given."""
    clips: dict[str, Any]
    """What clips are like, likewise."""
    out: Path
    """A file, or the folder for one with the service's name; `-`: stdout."""
    export_id: str | None
    """Of one that was asked for before; None: a new one."""
    url: str | None
    """The service's address, if it was given; without user name and password."""
    patience_s: float
    as_json: bool
