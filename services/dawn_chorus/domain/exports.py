"""Detections as rows for other tools: JSON, CSV, Raven, Audacity, BirdNET.

Pure functions from findings to text, line by line, so that a year of detections streams in bounded memory. Positions
are written to the millisecond and confidences to four decimals: finer than any frame or any calibration.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the command line reads the names of the formats at every start, and importing numpy is slow
    from dawn_chorus.domain.timeline import Detection


@dataclass(frozen=True, slots=True)
class Source:
    """The recording of a detection, as far as rows show it."""

    file: str
    """The name it was uploaded under, or its path if it was read in place."""
    sample_rate_hz: int
    recorded_at: datetime | None = None
    """When the recording starts, with its offset from UTC; with it, rows contain the time of day."""
    pack: str = ""
    site: str | None = None
    recording_id: str | None = None
    analysis_id: str | None = None
    begins_s: float = 0.0
    """Where it begins in a table of many recordings one after the other: the sum of the durations before it."""
    warnings: str = ""
    """Codes of the analysis' warnings, joined by `;`."""
    latitude: float | None = None
    """Degrees north."""
    longitude: float | None = None
    """Degrees east."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A detection and its recording."""

    detection: "Detection"
    source: Source


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


DETECTION_COLUMNS = (
    "scientific_name",
    "common_name",
    "code",
    "onset_s",
    "offset_s",
    "started_at",
    "ended_at",
    "confidence",
    "channel",
)
SOURCE_COLUMNS = ("file", "site", "pack", "recording_id", "analysis_id", "warnings")
LATER_COLUMNS = ("taxonomic_class", "latitude", "longitude")
"""They follow all others, so that whoever reads columns by their place goes on."""
RAVEN_COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Common Name",
    "Species Code",
    "Confidence",
    "Begin Path",
    "Begin File",
    "File Offset (s)",
    "Annotation",
)
BIRDNET_COLUMNS = ("Start (s)", "End (s)", "Scientific name", "Common name", "Confidence", "File")
_BREAKS = str.maketrans("\t\r\n", "   ")
_FORMULA = re.compile(r"[=+\-@＝＋－＠\t\r\n]")
"""How a cell begins that a spreadsheet runs; in East Asian settings the full-width signs count, too."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def detection_row(detection: "Detection", recorded_at: datetime | None = None) -> dict[str, Any]:
    """Return one detection by `DETECTION_COLUMNS`.

    `started_at` and `ended_at` are RFC 3339, or None if it is not known when the recording starts.
    """
    return {
        "scientific_name": detection.taxon.scientific_name,
        "common_name": detection.taxon.common_name,
        "code": detection.taxon.code,
        "onset_s": round(detection.onset_s, 3),
        "offset_s": round(detection.offset_s, 3),
        "started_at": clock_time(recorded_at, detection.onset_s),
        "ended_at": clock_time(recorded_at, detection.offset_s),
        "confidence": round(detection.confidence, 4),
        "channel": detection.channel,
    }


def finding_row(finding: Finding) -> dict[str, Any]:
    """Return one detection by `DETECTION_COLUMNS`, `SOURCE_COLUMNS` and `LATER_COLUMNS`."""
    row = detection_row(finding.detection, finding.source.recorded_at)
    row |= {column: getattr(finding.source, column) for column in SOURCE_COLUMNS}
    where = {"latitude": finding.source.latitude, "longitude": finding.source.longitude}
    return row | {"taxonomic_class": finding.detection.taxon.taxonomic_class} | where


def clock_time(recorded_at: datetime | None, position_s: float) -> str | None:
    """Return the RFC 3339 time of a position, with the recording's own offset from UTC.

    The sum is made in UTC: it stays correct in a recording during which summer time begins or ends.
    """
    if recorded_at is None:
        return None
    moment = recorded_at.astimezone(UTC) + timedelta(seconds=position_s)
    return moment.astimezone(recorded_at.tzinfo).isoformat(timespec="milliseconds")


def ndjson_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one line with a JSON object per finding."""
    for finding in findings:
        yield json.dumps(finding_row(finding), ensure_ascii=False) + "\n"


def json_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one JSON array, one element per line."""
    yield "["
    for index, finding in enumerate(findings):
        yield (",\n" if index else "\n") + json.dumps(finding_row(finding), ensure_ascii=False)
    yield "\n]\n"


def csv_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield CSV with all columns, named as in the API."""
    columns = DETECTION_COLUMNS + SOURCE_COLUMNS + LATER_COLUMNS
    yield csv_line(columns)
    for finding in findings:
        row = finding_row(finding) | _fixed(finding.detection)
        yield csv_line([row[column] for column in columns])


def birdnet_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the CSV of BirdNET-Analyzer."""
    yield csv_line(BIRDNET_COLUMNS)
    for finding in findings:
        taxon, fixed = finding.detection.taxon, _fixed(finding.detection)
        row = (fixed["onset_s"], fixed["offset_s"], taxon.scientific_name, taxon.common_name, fixed["confidence"])
        yield csv_line([*row, finding.source.file])


def raven_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a selection table of Raven; boxes span the whole spectrum, since a detection has no frequency range.

    Raven plays the files of a table one after the other: times run on over them, `File Offset (s)` counts from the
    beginning of `Begin File`. Frequencies have a decimal: some readers refuse whole numbers. Where the mean of all
    channels was scored, `Channel` is 1: Raven knows no mean.
    """
    yield _tab_line(RAVEN_COLUMNS)
    for selection, finding in enumerate(findings, start=1):
        detection, source = finding.detection, finding.source
        fixed, name = _fixed(detection), detection.taxon.common_name or detection.taxon.scientific_name
        begin_s, end_s = (f"{source.begins_s + at_s:.3f}" for at_s in (detection.onset_s, detection.offset_s))
        box = (begin_s, end_s, "0.0", f"{source.sample_rate_hz / 2:.1f}")
        label = (name, detection.taxon.code, fixed["confidence"])
        place = (source.file, source.file.rpartition("/")[2], fixed["onset_s"])
        yield _tab_line((str(selection), "Spectrogram 1", str(detection.channel or 1), *box, *label, *place, name))


def audacity_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield labels of Audacity: start, end, name; no header."""
    for finding in findings:
        taxon, fixed = finding.detection.taxon, _fixed(finding.detection)
        yield _tab_line((fixed["onset_s"], fixed["offset_s"], taxon.common_name or taxon.scientific_name))


def audacity_birdnet_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield labels of Audacity whose name is `Scientific, Common`, with the confidence as a fourth column."""
    for finding in findings:
        taxon, fixed = finding.detection.taxon, _fixed(finding.detection)
        name = f"{taxon.scientific_name}, {taxon.common_name or taxon.scientific_name}"
        yield _tab_line((fixed["onset_s"], fixed["offset_s"], name, fixed["confidence"]))


def with_byte_order_mark(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines after U+FEFF, by which Excel knows that they are UTF-8."""
    yield "\ufeff"
    yield from lines


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


def _fixed(detection: "Detection") -> dict[str, str]:
    """Return numbers with a fixed count of decimals: columns line up, and none is written with an exponent."""
    return {
        "onset_s": f"{detection.onset_s:.3f}",
        "offset_s": f"{detection.offset_s:.3f}",
        "confidence": f"{detection.confidence:.4f}",
    }


def csv_line(cells: Iterable[object]) -> str:
    """Return a line of CSV. Cells that a spreadsheet would take for a formula begin with an apostrophe.

    CSV is for people and their spreadsheets. Programs that need every character as it is read JSON, or the tables of
    Raven and Audacity, which know no formulas.
    """
    line = io.StringIO()
    # With this terminator the writer quotes carriage returns, too: readers take a bare one for the end of a line.
    csv.writer(line, lineterminator="\r\n").writerow([_defused(cell) for cell in cells])
    return line.getvalue().removesuffix("\r\n") + "\n"


def _defused(cell: object) -> object:
    """Return the cell with an apostrophe before what would begin a formula; numbers, such as -3.5, stay numbers."""
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _tab_line(cells: Sequence[str]) -> str:
    """Return a tab-separated line; tabs and line breaks become spaces, as neither Raven nor Audacity reads quotes."""
    return "\t".join(cell.translate(_BREAKS) for cell in cells) + "\n"
