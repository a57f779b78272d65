"""Turns the fields of a request for detections across recordings into what is asked of the database."""

from dawn_chorus.adapters.postgres.detections import DetectionFilter, with_thresholds
from dawn_chorus.api.analysis_request import check_pack
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.models.query_parameters import ANY_PACK, AnalysesCounted, FilterFields, Voices
from dawn_chorus.api.taxon_names import check_classes, check_taxa


def wanted_detections(deps: Dependencies, fields: FilterFields) -> DetectionFilter:
    """Return which detections are wanted, by the thresholds as they are saved now.

    Raises Problem for a taxon, class or pack that is unknown.
    """
    wanted = DetectionFilter(
        check_taxa(deps.database, fields.taxon),
        fields.site,
        fields.from_,
        fields.to,
        fields.min_confidence,
        chosen_pack(deps, fields),
        classes=check_classes(deps.database, fields.class_),
        all_analyses=fields.analyses is AnalysesCounted.ALL,
        reviewed=fields.reviewed,
        hides_voices=fields.voices is Voices.HIDE,
    )
    if fields.thresholds is None:
        return wanted
    with deps.database.transaction() as connection:
        return with_thresholds(connection, wanted)


def chosen_pack(deps: Dependencies, fields: FilterFields) -> str | None:
    """Return the pack whose detections are wanted; None: all packs. Raises Problem for an unknown one."""
    if fields.pack == ANY_PACK:
        return None
    if fields.pack is not None:
        check_pack(deps, fields.pack)
        return fields.pack
    return deps.settings.default_pack if fields.analyses is AnalysesCounted.CURRENT else None
