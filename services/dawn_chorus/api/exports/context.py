"""What a writer of exports is told of a request."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import BaseModel

from dawn_chorus.adapters.postgres.detections import DetectionFilter
from dawn_chorus.adapters.postgres.packs import list_packs
from dawn_chorus.adapters.postgres.values import Analysis
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.domain.exports.context import Credit, ExportContext
from dawn_chorus.domain.recording import Recording

_NO_FILTERS = {"format", "bom", "cursor", "limit"}


def context_of_one(
    deps: Dependencies, analysis: Analysis, recording: Recording, query: BaseModel, taxa: tuple[str, ...], address: str
) -> ExportContext:
    """Return the context of an export of one analysis; `address` is where the client found the service."""
    place, pack = recording.place, analysis
    return ExportContext(
        made_at=datetime.now(UTC),
        credits=(Credit(pack.pack_name, pack.pack_version, pack.pack_license, pack.pack_attribution),),
        filters=_described(query),
        site=place.site,
        taxa=taxa,
        recording=recording.filename,
        recorded_at=place.recorded_at,
        address=_address(deps, address),
        bom=bool(getattr(query, "bom", False)),
        folder=deps.settings.cache_folder,
    )


def context_across(deps: Dependencies, wanted: DetectionFilter, query: BaseModel, address: str) -> ExportContext:
    """Return the context of an export across recordings; `address` is where the client found the service."""
    return ExportContext(
        made_at=datetime.now(UTC),
        credits=credits_across(deps, wanted.pack),
        filters=_described(query),
        site=wanted.site,
        from_time=wanted.from_time,
        to_time=wanted.to_time,
        taxa=wanted.taxa,
        by_analysis=wanted.all_analyses,
        address=_address(deps, address),
        bom=bool(getattr(query, "bom", False)),
        folder=deps.settings.cache_folder,
    )


def credits_across(deps: Dependencies, pack: str | None) -> tuple[Credit, ...]:
    """Return the credit of a pack, None: of all."""
    packs = [each for each in list_packs(deps.database) if pack in (None, each.name)]
    return tuple(Credit(each.name, each.version, each.license, each.attribution) for each in packs)


def _address(deps: Dependencies, address: str) -> str:
    return (deps.settings.public_url or address).rstrip("/")


def _described(query: BaseModel) -> Mapping[str, str]:
    """Return the fields that were set, as they are written in a URL."""
    asked = query.model_dump(mode="json", by_alias=True, exclude=_NO_FILTERS, exclude_defaults=True)
    return {name: _written(each) for name, each in asked.items()}


def _written(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
