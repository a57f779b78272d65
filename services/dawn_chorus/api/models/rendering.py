"""Converts values of the database adapter into response models."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import JSONResponse

from dawn_chorus.adapters.postgres.packs import PackListing
from dawn_chorus.adapters.postgres.values import Analysis, AnalysisStatus, TopTaxon
from dawn_chorus.api.models.responses import (
    AnalysisOut,
    FailureOut,
    InstalledPackOut,
    PackOut,
    RecordingOut,
    SettingsOut,
    TaxonOut,
    TopTaxonOut,
    WarningOut,
)
from dawn_chorus.domain.analysis import AnalysisState
from dawn_chorus.domain.recording import Recording


def analysis_url(analysis_id: UUID) -> str:
    return f"/v1/analyses/{analysis_id}"


def recording_url(recording_id: UUID) -> str:
    return f"/v1/recordings/{recording_id}"


def json_response(content: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(content.model_dump(mode="json"), status, headers=headers)


def pack_out(analysis: Analysis) -> PackOut:
    return PackOut(
        name=analysis.pack_name,
        version=analysis.pack_version,
        license=analysis.pack_license,
        attribution=analysis.pack_attribution,
    )


def _summary(analysis: Analysis) -> dict[str, Any]:
    url = analysis_url(analysis.id)
    names = ("events", "timeline", "lanes", "detections", "failures", "warnings", "cancel", "retry")
    links = {"self": url, "recording": recording_url(analysis.recording_id)} | {name: f"{url}/{name}" for name in names}
    return {
        "id": analysis.id,
        "recording_id": analysis.recording_id,
        "state": analysis.state,
        "result": analysis.result,
        "terminal": analysis.state is AnalysisState.FINISHED,
        "pack": pack_out(analysis),
        "settings": SettingsOut.model_validate(analysis.settings),
        "priority": analysis.lane,
        "segments_total": analysis.segments_total,
        "provider": analysis.provider,
        "created_at": analysis.created_at,
        "started_at": analysis.started_at,
        "finished_at": analysis.finished_at,
        "links": links,
    }


def analysis_out(status: AnalysisStatus) -> AnalysisOut:
    found = status.findings
    return AnalysisOut(
        **_summary(status.analysis),
        retryable=status.retryable,
        segments_done=status.segments_done,
        segments_failed=status.segments_failed,
        duration_s=status.duration_s,
        analyzed_s=status.analyzed_s,
        failed_s=status.failed_s,
        eta_s=status.eta_s,
        failures=[FailureOut.model_validate(failure) for failure in status.failures],
        failures_total=status.failures_total,
        warnings=[WarningOut.model_validate(warning) for warning in status.warnings],
        warnings_total=status.warnings_total,
        detections=None if found is None else found.detections,
        top_taxa=[] if found is None else [_top_taxon(each) for each in found.top],
    )


def _top_taxon(found: TopTaxon) -> TopTaxonOut:
    taxon = TaxonOut.model_validate(found.taxon)
    return TopTaxonOut(**taxon.model_dump(), confidence=found.confidence, detections=found.detections)


def recording_out(recording: Recording, analyses: Sequence[AnalysisStatus]) -> RecordingOut:
    return RecordingOut(**_facts(recording), analyses=[analysis_out(status) for status in analyses])


def _facts(recording: Recording) -> dict[str, Any]:
    url = recording_url(recording.id)
    return {
        "id": recording.id,
        "filename": recording.filename,
        "format": recording.audio.format,
        "size_bytes": recording.size_bytes,
        "sha256": recording.sha256,
        "duration_s": recording.audio.duration_s,
        "sample_rate_hz": recording.audio.sample_rate_hz,
        "channels": recording.audio.channels,
        "site": recording.place.site,
        "latitude": recording.place.latitude,
        "longitude": recording.place.longitude,
        "recorded_at": recording.place.recorded_at,
        "created_at": recording.created_at,
        "audio_removed_at": recording.audio_removed_at,
        "links": {"self": url, "audio": f"{url}/audio", "analyses": f"{url}/analyses"},
    }


def pack_listing_out(pack: PackListing, default_pack: str) -> InstalledPackOut:
    return InstalledPackOut(
        name=pack.name,
        version=pack.version,
        license=pack.license,
        attribution=pack.attribution,
        is_default=pack.name == default_pack,
        n_taxa=pack.n_taxa,
        window_s=pack.window_s,
        frame_s=pack.frame_s,
        has_occurrence=pack.has_occurrence,
        manifest_sha256=pack.manifest_sha256,
        registered_at=pack.registered_at,
    )
