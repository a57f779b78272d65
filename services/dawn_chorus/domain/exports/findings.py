"""A detection with its recording and its review, and the row that shows all three."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dawn_chorus.domain.review.verdicts import Review
from dawn_chorus.domain.taxonomy import Taxon

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
    duration_s: float | None = None
    format: str = ""
    """Container and codec: `wav/pcm_16`."""
    pack_version: str | None = None
    analyzed_at: datetime | None = None
    """When its analysis was finished."""
    analyzed_s: float | None = None
    """How much of it was analyzed; None: not asked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A detection and its recording."""

    detection: "Detection"
    source: Source
    review: Review | None = None
    """The one that it shows; None: it was not reviewed."""

    @property
    def is_human_voice(self) -> bool:
        """Return whether people are heard, by the model or by a reviewer who corrected it."""
        corrected = self.review.corrected_taxon if self.review else None
        return self.detection.taxon.is_human_voice or Taxon("", corrected or "", "", "").is_human_voice


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
REVIEW_COLUMNS = ("verdict", "corrected_taxon", "reviewer", "reviewed_at", "note")
"""Of the review, in tables; empty: it was not reviewed. They follow in turn."""
SPREAD_COLUMN = "spread"
"""The last of all."""


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
    """Return one detection by `DETECTION_COLUMNS`, `SOURCE_COLUMNS`, `LATER_COLUMNS`, and its `review`."""
    row = detection_row(finding.detection, finding.source.recorded_at)
    row |= {column: getattr(finding.source, column) for column in SOURCE_COLUMNS}
    where = {"latitude": finding.source.latitude, "longitude": finding.source.longitude}
    row |= {"taxonomic_class": finding.detection.taxon.taxonomic_class} | where
    return row | {"review": review_row(finding.review), SPREAD_COLUMN: spread_of(finding.detection)}


def spread_of(detection: "Detection") -> float | None:
    """Return the spread as rows show it."""
    return None if detection.spread is None else round(detection.spread, 4)


def review_row(review: Review | None) -> dict[str, Any] | None:
    """Return what an event shows of its review: `id` and `REVIEW_COLUMNS`."""
    if review is None:
        return None
    return {
        "id": str(review.id),
        "verdict": review.verdict.value,
        "corrected_taxon": review.corrected_taxon,
        "reviewer": review.reviewer,
        "reviewed_at": utc_time(review.reviewed_at),
        "note": review.note,
    }


def clock_time(recorded_at: datetime | None, position_s: float) -> str | None:
    """Return the RFC 3339 time of a position, with the recording's own offset from UTC.

    The sum is made in UTC: it stays correct in a recording during which summer time begins or ends.
    """
    if recorded_at is None:
        return None
    moment = recorded_at.astimezone(UTC) + timedelta(seconds=position_s)
    return moment.astimezone(recorded_at.tzinfo).isoformat(timespec="milliseconds")


def utc_time(moment: datetime) -> str:
    """Return RFC 3339 in UTC, whatever the time zone of the database's session."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def fixed_numbers(detection: "Detection") -> dict[str, str]:
    """Return numbers with a fixed count of decimals: columns line up, and none is written with an exponent."""
    return {
        "onset_s": f"{detection.onset_s:.3f}",
        "offset_s": f"{detection.offset_s:.3f}",
        "confidence": f"{detection.confidence:.4f}",
        **({} if detection.spread is None else {SPREAD_COLUMN: f"{detection.spread:.4f}"}),
    }
