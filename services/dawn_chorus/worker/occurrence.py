"""The occurrence filter: taxa that do not live where and when a recording was made are not kept."""

from dataclasses import replace

from dawn_chorus.domain.jobs import SegmentWork
from dawn_chorus.domain.timeline import SegmentTimeline
from dawn_chorus.inference.ensemble import Ensemble


def drop_absent_taxa(timeline: SegmentTimeline, ensemble: Ensemble, work: SegmentWork) -> SegmentTimeline:
    """Drop the taxa less probable than the analysis asks for; nothing, where it does not ask or the place is unknown.

    Raises PermanentError where it asks of a pack that knows nothing of places.
    """
    place, least = work.recording.place, work.settings.occurrence_min
    if least is None or place.latitude is None or place.longitude is None:
        return timeline
    present = ensemble.present_taxa(place.latitude, place.longitude, place.recorded_at, least)
    return replace(timeline, rows=tuple(row for row in timeline.rows if row.taxon.code in present))
