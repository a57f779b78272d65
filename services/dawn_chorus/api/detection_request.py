"""Turns the fields of a request for detections across recordings into what is asked of the database."""

from dawn_chorus.adapters.postgres.detections import DetectionFilter
from dawn_chorus.adapters.postgres.thresholds import saved_thresholds
from dawn_chorus.api.analysis_request import check_pack
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.models.query_parameters import ANY_PACK, AnalysesCounted, FilterFields, Voices
from dawn_chorus.api.taxon_names import check_classes, check_taxa


def wanted_detections(deps: Dependencies, fields: FilterFields) -> DetectionFilter:
    """Return which detections are wanted, by the thresholds as they are saved now.

    Raises Problem for a taxon, class or pack that is unknown.
    """
    pack = _chosen_pack(deps, fields)
    return DetectionFilter(
        check_taxa(deps.database, fields.taxon),
        fields.site,
        fields.from_,
        fields.to,
        fields.min_confidence,
        pack,
        classes=check_classes(deps.database, fields.class_),
        all_analyses=fields.analyses is AnalysesCounted.ALL,
        saved=None if fields.thresholds is None else saved_thresholds(deps.database, pack),
        reviewed=fields.reviewed,
        hides_voices=fields.voices is Voices.HIDE,
    )


def _chosen_pack(deps: Dependencies, fields: FilterFields) -> str | None:
    """Return the pack whose detections are wanted; None: all packs. Raises Problem for an unknown one."""
    if fields.pack == ANY_PACK:
        return None
    if fields.pack is not None:
        check_pack(deps, fields.pack)
        return fields.pack
    return deps.settings.default_pack if fields.analyses is AnalysesCounted.CURRENT else None
