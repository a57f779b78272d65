"""The tables of a Camera Trap Data Package 1.0.2: recordings are its media, detections its observations.

The standard knows whole seconds only: spans are rounded outwards, and `observationTags` hold the exact ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dawn_chorus.domain.exports.findings import Finding, Source, clock_time, fixed_numbers
from dawn_chorus.domain.exports.occurrences import (
    HUMANS,
    is_by_human,
    is_corrected,
    model_of,
    names_of,
    occurrence_id,
    place_in_time,
)
from dawn_chorus.domain.exports.tables import plain_csv_line

DEPLOYMENT_COLUMNS = (
    "deploymentID", "locationID", "locationName", "latitude", "longitude", "coordinateUncertainty", "deploymentStart",
    "deploymentEnd", "setupBy", "cameraID", "cameraModel", "cameraDelay", "cameraHeight", "cameraDepth", "cameraTilt",
    "cameraHeading", "detectionDistance", "timestampIssues", "baitUse", "featureType", "habitat", "deploymentGroups",
    "deploymentTags", "deploymentComments",
)  # fmt: skip
MEDIA_COLUMNS = (
    "mediaID", "deploymentID", "captureMethod", "timestamp", "filePath", "filePublic", "fileName", "fileMediatype",
    "exifData", "favorite", "mediaComments",
)  # fmt: skip
OBSERVATION_COLUMNS = (
    "observationID", "deploymentID", "mediaID", "eventID", "eventStart", "eventEnd", "observationLevel",
    "observationType", "cameraSetupType", "scientificName", "count", "lifeStage", "sex", "behavior", "individualID",
    "individualPositionRadius", "individualPositionAngle", "individualSpeed", "bboxX", "bboxY", "bboxWidth",
    "bboxHeight", "classificationMethod", "classifiedBy", "classificationTimestamp", "classificationProbability",
    "observationTags", "observationComments",
)  # fmt: skip
_MEDIA_TYPES = {"mp3": "audio/mpeg", "aiff": "audio/aiff", "wavex": "audio/wav", "rf64": "audio/wav"}


@dataclass(slots=True)
class _Deployment:
    source: Source
    start: datetime
    end: datetime
    recordings: int = 0
    recorded_s: float = 0.0
    analyzed_s: float | None = 0.0
    """None: not known of each of its recordings."""

    def tags(self) -> str:
        """Return how long was recorded and analyzed: between its start and its end a recorder may rest."""
        analyzed_s = None if self.analyzed_s is None else f"{self.analyzed_s:.3f}"
        recorded = {"recordings": self.recordings, "recorded_s": f"{self.recorded_s:.3f}"}
        return _pairs({**recorded, "analyzed_s": analyzed_s})


def deployment_lines(recordings: Iterable[Source]) -> Iterator[str]:
    """Yield deployments.csv; all recordings must have a place and a start."""
    found: dict[str, _Deployment] = {}
    for source in recordings:
        start, end = _whole(source, 0.0), _whole(source, source.duration_s or 0.0, up=True)
        known = found.setdefault(_deployment_id(source), _Deployment(source, start, end))
        known.start, known.end = min(known.start, start), max(known.end, end)
        known.recordings += 1
        known.recorded_s += source.duration_s or 0.0
        if known.analyzed_s is not None:
            known.analyzed_s = None if source.analyzed_s is None else known.analyzed_s + source.analyzed_s
    yield plain_csv_line(DEPLOYMENT_COLUMNS)
    for deployment_id, each in found.items():
        yield _row(
            DEPLOYMENT_COLUMNS,
            deploymentID=deployment_id,
            locationID=each.source.site,
            locationName=each.source.site,
            latitude=each.source.latitude,
            longitude=each.source.longitude,
            deploymentStart=each.start.isoformat(),
            deploymentEnd=each.end.isoformat(),
            deploymentTags=each.tags(),
            deploymentComments="from the start of the first to the end of the last recording in media.csv",
        )


def media_lines(recordings: Iterable[Source], address: str) -> Iterator[str]:
    """Yield media.csv; all recordings must have a place and a start."""
    yield plain_csv_line(MEDIA_COLUMNS)
    for source in recordings:
        container = source.format.partition("/")[0] or "wav"
        yield _row(
            MEDIA_COLUMNS,
            mediaID=_media_id(source),
            deploymentID=_deployment_id(source),
            captureMethod="timeLapse",
            timestamp=_whole(source, 0.0).isoformat(),
            filePath=f"{address}/v1/recordings/{source.recording_id}/audio".lstrip("/"),
            filePublic="false",
            fileName=source.file,
            fileMediatype=_MEDIA_TYPES.get(container, f"audio/{container}"),
            mediaComments=_effort(source),
        )


def observation_lines(findings: Iterable[Finding], *, by_analysis: bool) -> Iterator[str]:
    """Yield observations.csv; all recordings must have a place and a start. `by_analysis`: as of `occurrence_id`."""
    yield plain_csv_line(OBSERVATION_COLUMNS)
    for finding in findings:
        detection, source, review = finding.detection, finding.source, finding.review
        human, (name, _) = is_by_human(finding), names_of(finding)
        decided_at = review.reviewed_at if review and human else source.analyzed_at
        yield _row(
            OBSERVATION_COLUMNS,
            observationID=occurrence_id(finding, by_analysis=by_analysis),
            deploymentID=_deployment_id(source),
            mediaID=_media_id(source),
            eventStart=_whole(source, detection.onset_s).isoformat(),
            eventEnd=_whole(source, detection.offset_s, up=True).isoformat(),
            observationLevel="media",
            observationType="human" if name == HUMANS else "animal",
            scientificName=name,
            classificationMethod="human" if human else "machine",
            classifiedBy=review.reviewer if review and human else model_of(source),
            classificationTimestamp=decided_at.astimezone(UTC).isoformat(timespec="seconds") if decided_at else None,
            classificationProbability=None if human else fixed_numbers(detection)["confidence"],
            observationTags=_tags(finding),
            observationComments=review.note if review else None,
        )


def _tags(finding: Finding) -> str:
    detection, source, review = finding.detection, finding.source, finding.review
    fixed = fixed_numbers(detection)
    tags = {
        "onset_s": fixed["onset_s"],
        "offset_s": fixed["offset_s"],
        "started_at": clock_time(source.recorded_at, detection.onset_s),
        "ended_at": clock_time(source.recorded_at, detection.offset_s),
        "model": model_of(source),
        "confidence": fixed["confidence"],
        "channel": detection.channel,
        "verdict": review.verdict.value if review else None,
        "reviewer": review.reviewer if review else None,
        "detected": detection.taxon.scientific_name if is_corrected(finding) else None,
    }
    return _pairs(tags)


def _pairs(tags: Mapping[str, object]) -> str:
    return " | ".join(f"{key}:{str(value).replace('|', '/')}" for key, value in tags.items() if value is not None)


def _effort(source: Source) -> str:
    """Return the exact start, the length, and how much of it was analyzed, as far as they are known."""
    said = f"starts at {clock_time(source.recorded_at, 0.0)}"
    if source.duration_s is not None:
        said += f", lasts {source.duration_s:.3f} s"
    return said if source.analyzed_s is None else f"{said}, {source.analyzed_s:.3f} s of it analyzed"


def _whole(source: Source, position_s: float, *, up: bool = False) -> datetime:
    """Return the whole second at or before a position, or at or after it."""
    at = place_in_time(source, position_s)
    if at is None:
        raise ValueError("a recording without a start has no place in this package")
    whole = at.replace(microsecond=0)
    return whole + timedelta(seconds=1) if up and at.microsecond else whole


def _deployment_id(source: Source) -> str:
    return f"{source.site or 'unnamed'}@{source.latitude},{source.longitude}"


def _media_id(source: Source) -> str:
    return source.recording_id or source.file


def _row(columns: Iterable[str], **cells: object) -> str:
    return plain_csv_line(map(cells.get, columns))
