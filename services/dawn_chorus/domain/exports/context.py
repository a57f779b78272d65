"""What an export is told besides its findings, and what it tells besides its bytes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Credit:
    """A pack whose detections may be in an export."""

    pack: str
    version: str | None
    license: str | None
    """SPDX expression of the weights."""
    attribution: str | None


@dataclass(frozen=True, slots=True)
class ExportContext:
    """What an export is told besides its findings."""

    made_at: datetime
    credits: tuple[Credit, ...] = ()
    """Of all packs whose detections may be in it."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """As they were asked for, for people to read: `{"site": "north-marsh", "min_confidence": "0.5"}`."""
    site: str | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None
    taxa: tuple[str, ...] = ()
    """The taxa that were asked for, in any spelling; the file is named after one that stands alone."""
    recording: str | None = None
    """The file's name, where all findings are of one recording."""
    recorded_at: datetime | None = None
    """When that recording starts."""
    address: str = ""
    """Where the service is, as `https://chorus.example.org`, for links to recordings; empty: it is not known."""
    by_analysis: bool = False
    """All analyses of a recording count, so that the same event may be in it more than once."""
    bom: bool = False
    """Begin CSV with a byte order mark."""
    folder: Path | None = None
    """For what must be put in order before it is written, some 100 bytes a finding; made if it is missing. None: the
    temporary folder, which may be memory."""


NO_TIME, NO_PLACE, REJECTED, NO_ORGANISM = "no time", "no place", "rejected in review", "not of an organism"
"""Why a standard has no room for a finding."""


@dataclass(slots=True)
class Tally:
    """What an export holds; it grows while the parts are drawn."""

    written: int = 0
    """Findings that are in it."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Findings that are not, by reason. Complete before the first part."""
    recordings_left_out: Counter[str] = field(default_factory=Counter)
    """Recordings without which it is, by reason. Complete before the first part."""

    def left_out_in_words(self) -> str:
        """Return what is not in the export, and why: `2 recordings: no time; 7 detections: rejected in review`."""
        parts = [_counted(count, "recording", reason) for reason, count in sorted(self.recordings_left_out.items())]
        parts += [_counted(count, "detection", reason) for reason, count in sorted(self.left_out.items())]
        return "; ".join(parts)


def _counted(count: int, noun: str, reason: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}: {reason}"
