"""What an exported file is called, so that one finds it again: `north-marsh_20260501-20260507_turdus-merula.csv`."""

from datetime import datetime, timedelta
from pathlib import PurePath

from dawn_chorus.domain.exports.context import ExportContext
from dawn_chorus.domain.exports.formats import FILES, ExportFormat
from dawn_chorus.domain.names import as_part_of_a_name

_VERDICTS = {"any": "reviewed", "none": "unreviewed"}
"""What the filter `reviewed` is called in a name, where its own words do not tell."""


def name_export(export_format: ExportFormat, context: ExportContext) -> str:
    """Return the name of an export: site, span, taxon if it is one, verdict, and the suffix of the format.

    BirdNET-Analyzer finds the results of a recording by its name, so that stands alone before the suffix there.
    """
    kind = FILES[export_format]
    if context.recording and not kind.keeps_suffix:
        return f"{PurePath(context.recording.replace('/', '-')).stem or 'recording'}{kind.suffix}"
    return name_selection(context) + kind.suffix


def name_selection(context: ExportContext) -> str:
    """Return site, span, taxon if it is one, and verdict: what the name of a file begins with."""
    stem = as_part_of_a_name(PurePath(context.recording).stem) if context.recording else ""
    place = as_part_of_a_name(context.site or "") or stem or ("recording" if context.recording else "all-sites")
    parts = [place, _span(context)]
    if len(context.taxa) == 1:
        parts.append(as_part_of_a_name(context.taxa[0]).lower())
    parts.append(_VERDICTS.get(reviewed := context.filters.get("reviewed", ""), reviewed))
    return "_".join(part for part in parts if part)


def _span(context: ExportContext) -> str:
    """Return the days of an export, the last one included, or the moment at which its one recording starts."""
    if context.recording:
        return f"{context.recorded_at:%Y%m%dT%H%M%S%z}" if context.recorded_at else ""
    first = f"{context.from_time:%Y%m%d}" if context.from_time else ""
    last = f"{_day_before(context.to_time):%Y%m%d}" if context.to_time else ""
    if first and last:
        return first if first == last else f"{first}-{last}"
    return f"from-{first}" if first else f"to-{last}" if last else ""


def _day_before(end: datetime) -> datetime:
    """Return the last moment before an end, in its own time zone; of the year 1 the end itself."""
    try:
        return end - timedelta(microseconds=1)
    except OverflowError:
        return end
