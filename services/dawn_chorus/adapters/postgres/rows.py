"""Converts rows to values of the domain, and values to columns."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from dawn_chorus.adapters.postgres.values import Analysis
from dawn_chorus.domain.analysis import AnalysisResult, AnalysisSettings, AnalysisState
from dawn_chorus.domain.event_rules import EventRule, EventRules
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import AudioFacts, Place, Recording
from dawn_chorus.domain.review.matching import Reviews
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection

Row = dict[str, Any]


def read_recording(row: Row, duration_s: float | None = None) -> Recording:
    """Return a recording; `duration_s` replaces the row's, for an analysis that knows another length."""
    audio = AudioFacts(row["format"], duration_s or row["duration_s"], row["sample_rate_hz"], row["channels"])
    place = Place(row["site"], row["latitude"], row["longitude"], read_recorded_at(row))
    return Recording(
        id=row["id"],
        filename=row["filename"],
        store_key=row["store_key"],
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        audio=audio,
        place=place,
        created_at=row["created_at"],
        audio_removed_at=row["audio_removed_at"],
    )


def read_recorded_at(row: Row) -> datetime | None:
    """Return the start with its own offset from UTC, which PostgreSQL's timestamptz does not keep."""
    return local_time(row["recorded_at"], row["recorded_utc_offset_s"])


def local_time(moment: datetime | None, utc_offset_s: int | None) -> datetime | None:
    """Return the moment by a clock with that offset from UTC; None without one of the two."""
    if moment is None or utc_offset_s is None:
        return None
    return moment.astimezone(timezone(timedelta(seconds=utc_offset_s)))


def utc_offset_s(recorded_at: datetime | None) -> int | None:
    offset = recorded_at.utcoffset() if recorded_at is not None else None
    return None if offset is None else round(offset.total_seconds())


def read_analysis(row: Row) -> Analysis:
    return Analysis(
        id=row["id"],
        recording_id=row["recording_id"],
        state=AnalysisState(row["state"]),
        result=AnalysisResult(row["result"]) if row["result"] else None,
        pack_name=row["pack_name"],
        pack_version=row["pack_version"],
        pack_license=row["pack_license"],
        pack_attribution=row["pack_attribution"],
        settings=read_settings(row["settings"]),
        lane=Lane(row["lane"]),
        segments_total=row["segments_total"],
        provider=row["provider"],
        revision=row["revision"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )


def read_settings(document: Row) -> AnalysisSettings:
    return AnalysisSettings(**document)


def read_rules(document: Row) -> EventRules:
    by_taxon = {code: EventRule(**rule) for code, rule in document["by_taxon"].items()}
    return EventRules(EventRule(**document["default"]), by_taxon)


def write_rules(rules: EventRules) -> Jsonb:
    return Jsonb(asdict(rules))


def write_settings(settings: AnalysisSettings) -> Jsonb:
    """Return the settings without a choice of channels if it is `mix`: workers of older versions know no such field."""
    document = asdict(settings)
    if settings.channels == "mix":
        del document["channels"]
    return Jsonb(document)


def read_taxon(row: Row) -> Taxon:
    return Taxon(row["code"], row["scientific_name"], row["common_name"], row["taxonomic_class"])


def read_source(row: Row, analysis_id: object, warnings: str) -> Source:
    """Return the recording of a detection; `warnings` are the codes of the analysis' warnings."""
    return Source(
        file=row["filename"],
        sample_rate_hz=row["sample_rate_hz"],
        recorded_at=read_recorded_at(row),
        pack=row["pack_name"],
        site=row["site"],
        recording_id=str(row["recording_id"]),
        analysis_id=str(analysis_id),
        warnings=warnings,
        latitude=row["latitude"],
        longitude=row["longitude"],
        duration_s=row["duration_s"],
        format=row["format"],
        pack_version=row["pack_version"],
        analyzed_at=row["finished_at"],
    )


def read_findings(
    rows: Iterable[Row], codes: Mapping[UUID, str], reviews: Reviews, *, hides_voices: bool = False
) -> Iterator[Finding]:
    """Yield the detections of a page, those of an analysis with the same source.

    `codes` are those of each analysis' warnings, `reviews` those of the recordings. `hides_voices`: leave out those in
    which reviewers heard people; queries know only what models heard.
    """
    sources: dict[UUID, Source] = {}
    for row in rows:
        analysis_id = row["analysis_id"]
        if analysis_id not in sources:
            sources[analysis_id] = read_source(row, analysis_id, codes[analysis_id])
        finding = _finding(row, sources[analysis_id], reviews)
        if not (hides_voices and finding.is_human_voice):
            yield finding


def read_finding(row: Row, warnings: str, reviews: Reviews) -> Finding:
    """Return a detection with its recording; `warnings` as in `read_source`, `reviews` those of the recording."""
    return _finding(row, read_source(row, row["analysis_id"], warnings), reviews)


def _finding(row: Row, source: Source, reviews: Reviews) -> Finding:
    span = (row["onset_s"], row["offset_s"])
    detection = Detection(read_taxon(row), *span, row["confidence"], row["channel"], row["spread"])
    return Finding(detection, source, reviews.find(detection, source.recording_id))


def printable(text: str) -> str:
    """Return the text without NUL, which decoders' messages may contain and PostgreSQL's text type cannot store."""
    return text.replace("\x00", "�")
