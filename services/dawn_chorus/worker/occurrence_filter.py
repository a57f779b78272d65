"""The occurrence filter: drops taxa that do not occur where and when a recording was made."""

from dataclasses import replace

from dawn_chorus.domain.jobs import SegmentWork
from dawn_chorus.domain.timeline import SegmentTimeline
from dawn_chorus.inference.ensemble import Ensemble


def drop_absent_taxa(timeline: SegmentTimeline, ensemble: Ensemble, work: SegmentWork) -> SegmentTimeline:
    """Drop the taxa whose probability to occur is below the analysis' `occurrence_min`.

    Without `occurrence_min`, or if the place is unknown, the timeline is returned unchanged. Raises PermanentError if
    the pack has no occurrence model.
    """
    place, occurrence_min = work.recording.place, work.settings.occurrence_min
    if occurrence_min is None or place.latitude is None or place.longitude is None:
        return timeline
    present = ensemble.present_taxa(place.latitude, place.longitude, place.recorded_at, occurrence_min)
    return replace(timeline, rows=tuple(row for row in timeline.rows if row.taxon.code in present))
