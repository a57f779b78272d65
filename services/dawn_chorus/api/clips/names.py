"""What a clip is called, so that one finds it again: `Meadow_20260503T043000+0200_erithacus-rubecula_0.94.flac`."""

from datetime import timedelta
from pathlib import PurePath

from dawn_chorus.domain.names import as_part_of_a_name
from dawn_chorus.domain.recording import Recording


def name_clip(recording: Recording, start_s: float, suffix: str, taxon: str | None, confidence: float | None) -> str:
    """Return the name of a clip: site, the recorder's own time at its start, taxon, confidence.

    Without a site the recording's own name stands for it, without a time the position in seconds.
    """
    place = recording.place
    site = as_part_of_a_name(place.site or PurePath(recording.filename).stem) or "recording"
    try:
        when = f"{place.recorded_at + timedelta(seconds=start_s):%Y%m%dT%H%M%S%z}" if place.recorded_at else None
    except OverflowError:  # the last hours of the year 9999
        when = None
    parts = [site, when or f"{start_s:.3f}".rstrip("0").rstrip(".") + "s"]
    parts += [as_part_of_a_name(taxon).lower()] if taxon and as_part_of_a_name(taxon) else []
    parts += [f"{confidence:.2f}"] if confidence is not None else []
    return f"{'_'.join(parts)}.{suffix}"
