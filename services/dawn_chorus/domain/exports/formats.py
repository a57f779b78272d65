"""The formats in which detections are exported: what each file is called and is, and how those of text are written."""

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
    PARQUET = "parquet"
    CAMTRAP_DP = "camtrap-dp"
    """A Camera Trap Data Package 1.0.2, as a zip."""
    DWCA = "dwca"
    """A Darwin Core archive with an occurrence core."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """Media type and suffix of an exported file."""

    media_type: str
    suffix: str
    """Follows the recording's own name in the name of an exported file."""
    keeps_suffix: bool = True
    """Whether the recording's own suffix stays before it: `dawn.wav.csv`, but `dawn.BirdNET.results.csv`."""


FILES = {
    ExportFormat.JSON: FileKind("application/json", ".json"),
    ExportFormat.NDJSON: FileKind("application/x-ndjson", ".ndjson"),
    ExportFormat.CSV: FileKind("text/csv; charset=utf-8", ".csv"),
    ExportFormat.RAVEN: FileKind("text/tab-separated-values; charset=utf-8", ".selections.txt"),
    ExportFormat.AUDACITY: FileKind("text/plain; charset=utf-8", ".labels.txt"),
    ExportFormat.AUDACITY_BIRDNET: FileKind("text/plain; charset=utf-8", ".BirdNET.results.txt", keeps_suffix=False),
    ExportFormat.BIRDNET: FileKind("text/csv; charset=utf-8", ".BirdNET.results.csv", keeps_suffix=False),
    ExportFormat.PARQUET: FileKind("application/vnd.apache.parquet", ".parquet"),
    ExportFormat.CAMTRAP_DP: FileKind("application/zip", ".camtrap-dp.zip"),
    ExportFormat.DWCA: FileKind("application/zip", ".dwca.zip"),
}

WRITERS: dict[ExportFormat, Callable[[Iterable[Finding]], Iterator[str]]] = {
    ExportFormat.JSON: json_lines,
    ExportFormat.NDJSON: ndjson_lines,
    ExportFormat.CSV: csv_lines,
    ExportFormat.RAVEN: raven_lines,
    ExportFormat.AUDACITY: audacity_lines,
    ExportFormat.AUDACITY_BIRDNET: audacity_birdnet_lines,
    ExportFormat.BIRDNET: birdnet_lines,
}
"""Of the formats that are text; each writes its lines while findings are still coming."""

LABELS = (ExportFormat.AUDACITY, ExportFormat.AUDACITY_BIRDNET)
"""Formats whose rows do not name their recording."""
SELECTIONS = (*LABELS, ExportFormat.RAVEN, ExportFormat.BIRDNET)
"""What programs that show sound read: recording by recording, in the order of time."""
SPREADSHEETS = (ExportFormat.CSV, ExportFormat.BIRDNET)
"""Formats that may begin with a byte order mark."""
