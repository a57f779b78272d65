"""The formats in which detections are exported, and how each is written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.exports.selections import audacity_birdnet_lines, audacity_lines, birdnet_lines, raven_lines
from dawn_chorus.domain.exports.tables import csv_lines, json_lines, ndjson_lines


class ExportFormat(StrEnum):
    """The formats in which detections are exported."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    RAVEN = "raven"
    AUDACITY = "audacity"
    AUDACITY_BIRDNET = "audacity-birdnet"
    """Audacity's labels as BirdNET-Analyzer writes and reads them."""
    BIRDNET = "birdnet"


@dataclass(frozen=True, slots=True)
class Writer:
    """How one format is written, and its media type and file suffix."""

    lines: Callable[[Iterable[Finding]], Iterator[str]]
    media_type: str
    suffix: str
    """Follows the recording's own name in the name of an exported file."""
    keeps_suffix: bool = True
    """Whether the recording's own suffix stays before it: `dawn.wav.csv`, but `dawn.BirdNET.results.csv`."""


WRITERS = {
    ExportFormat.JSON: Writer(json_lines, "application/json", ".json"),
    ExportFormat.NDJSON: Writer(ndjson_lines, "application/x-ndjson", ".ndjson"),
    ExportFormat.CSV: Writer(csv_lines, "text/csv; charset=utf-8", ".csv"),
    ExportFormat.RAVEN: Writer(raven_lines, "text/tab-separated-values; charset=utf-8", ".selections.txt"),
    ExportFormat.AUDACITY: Writer(audacity_lines, "text/plain; charset=utf-8", ".labels.txt"),
    ExportFormat.AUDACITY_BIRDNET: Writer(
        audacity_birdnet_lines, "text/plain; charset=utf-8", ".BirdNET.results.txt", keeps_suffix=False
    ),
    ExportFormat.BIRDNET: Writer(birdnet_lines, "text/csv; charset=utf-8", ".BirdNET.results.csv", keeps_suffix=False),
}


LABELS = (ExportFormat.AUDACITY, ExportFormat.AUDACITY_BIRDNET)
"""Formats whose rows do not name their recording."""
SPREADSHEETS = (ExportFormat.CSV, ExportFormat.BIRDNET)
"""Formats that may begin with a byte order mark."""
