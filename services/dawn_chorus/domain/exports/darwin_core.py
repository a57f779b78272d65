"""A Darwin Core archive with an occurrence core: every detection is one, with its time as an interval."""

import json
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from dawn_chorus.domain.exports.context import ExportContext
from dawn_chorus.domain.exports.findings import Finding, clock_time
from dawn_chorus.domain.exports.occurrences import (
    Survey,
    is_by_human,
    is_corrected,
    license_address,
    model_of,
    names_of,
    occurrence_id,
)
from dawn_chorus.domain.exports.tables import tab_line
from dawn_chorus.domain.review.verdicts import Verdict

COLUMNS = (
    "occurrenceID", "basisOfRecord", "occurrenceStatus", "scientificName", "vernacularName", "class", "eventID",
    "eventDate", "samplingProtocol", "sampleSizeValue", "sampleSizeUnit", "samplingEffort", "locality",
    "decimalLatitude", "decimalLongitude", "geodeticDatum", "identifiedBy", "dateIdentified",
    "identificationVerificationStatus", "identificationRemarks", "associatedMedia", "license", "dynamicProperties",
)  # fmt: skip
NOTES = """\
A Darwin Core archive: every row of occurrence.txt is one detection (MachineObservation), its eventDate the exact
interval. sampleSizeValue is the length of the recording it is from, samplingEffort how much of that was analyzed. An
archive with an occurrence core has no row for a recording in which nothing was found: eml.xml (methods) and this README
say how much was listened to in all, and a Camera Trap Data Package names each of those recordings.
identificationVerificationStatus is what a reviewer said: verified, uncertain, or unverified where nobody listened.

Before you publish: complete eml.xml. license is that of the model; some portals take CC0, CC BY and CC BY-NC only.
associatedMedia needs a key of the service that made this archive.
"""
_TERMS = "http://rs.tdwg.org/dwc/terms/"
_DUBLIN_CORE = {"license": "http://purl.org/dc/terms/license"}
_LONGEST_CLIP_S = 300.0
"""The service makes no longer one: of a night of crickets it is the beginning."""


def occurrence_lines(findings: Iterable[Finding], context: ExportContext) -> Iterator[str]:
    """Yield occurrence.txt: tab-separated, without quotes; tabs and line breaks become spaces."""
    licenses = {each.pack: license_address(each.license or "") for each in context.credits}
    yield "\t".join(COLUMNS) + "\n"
    for finding in findings:
        cells = _occurrence(finding, context) | {"license": licenses.get(finding.source.pack)}
        row = (cells.get(column) for column in COLUMNS)
        yield tab_line(["" if cell is None else str(cell) for cell in row])


def _occurrence(finding: Finding, context: ExportContext) -> dict[str, object]:
    detection, source, review = finding.detection, finding.source, finding.review
    (name, common_name), human = names_of(finding), is_by_human(finding)
    decided_at = review.reviewed_at if review and human else source.analyzed_at
    begin, end = (clock_time(source.recorded_at, at_s) for at_s in (detection.onset_s, detection.offset_s))
    has_place = source.latitude is not None and source.longitude is not None
    return {
        "occurrenceID": occurrence_id(finding, by_analysis=context.by_analysis),
        "basisOfRecord": "MachineObservation",
        "occurrenceStatus": "present",
        "scientificName": name,
        "vernacularName": common_name,
        "class": "" if is_corrected(finding) else detection.taxon.taxonomic_class,
        "eventID": source.recording_id,
        "eventDate": f"{begin}/{end}" if begin else None,
        "samplingProtocol": f"passive acoustic monitoring, detected by {model_of(source)}",
        "sampleSizeValue": source.duration_s,
        "sampleSizeUnit": "second" if source.duration_s is not None else None,
        "samplingEffort": None if source.analyzed_s is None else f"{source.analyzed_s:.3f} seconds analyzed",
        "locality": source.site,
        "decimalLatitude": source.latitude,
        "decimalLongitude": source.longitude,
        "geodeticDatum": "EPSG:4326" if has_place else None,
        "identifiedBy": review.reviewer if review and human else model_of(source),
        "dateIdentified": decided_at.isoformat(timespec="seconds") if decided_at else None,
        "identificationVerificationStatus": _status(finding),
        "identificationRemarks": _remarks(finding),
        "associatedMedia": _clip(finding, context.address),
        "dynamicProperties": _properties(finding),
    }


def _status(finding: Finding) -> str:
    if finding.review is None:
        return "unverified"
    return "uncertain" if finding.review.verdict is Verdict.UNCERTAIN else "verified"


def _remarks(finding: Finding) -> str:
    review = finding.review
    if review is None:
        return ""
    said = f"{review.verdict} by {review.reviewer}"
    if is_corrected(finding):
        said = f"detected as {finding.detection.taxon.scientific_name}, corrected by {review.reviewer}"
    return f"{said}; {review.note}" if review.note else said


def _clip(finding: Finding, address: str) -> str:
    """Return the address of what is heard, if it is known where the service is."""
    if not address or finding.source.recording_id is None:
        return ""
    onset_s = finding.detection.onset_s
    span = f"start_s={onset_s:.3f}&end_s={min(finding.detection.offset_s, onset_s + _LONGEST_CLIP_S):.3f}"
    return f"{address}/v1/recordings/{finding.source.recording_id}/clip?{span}"


def _properties(finding: Finding) -> str:
    detection, source = finding.detection, finding.source
    facts = {
        "confidence": round(detection.confidence, 4),
        "file": source.file,
        "onset_s": round(detection.onset_s, 3),
        "offset_s": round(detection.offset_s, 3),
        "channel": detection.channel,
    }
    return json.dumps({key: value for key, value in facts.items() if value is not None}, ensure_ascii=False)


def meta() -> str:
    """Return meta.xml, which says what each column is."""
    fields = "\n".join(
        f'    <field index="{index}" term="{_DUBLIN_CORE.get(column, _TERMS + column)}"/>'
        for index, column in enumerate(COLUMNS)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<archive xmlns="http://rs.tdwg.org/dwc/text/" metadata="eml.xml">\n'
        '  <core encoding="UTF-8" fieldsTerminatedBy="\\t" linesTerminatedBy="\\n" fieldsEnclosedBy="" '
        f'ignoreHeaderLines="1" rowType="{_TERMS}Occurrence">\n'
        '    <files><location>occurrence.txt</location></files>\n    <id index="0"/>\n'
        f"{fields}\n  </core>\n</archive>\n"
    )


def eml(context: ExportContext, survey: Survey, identifier: str) -> str:
    """Return eml.xml, as far as it is known here; whoever publishes completes it."""
    people = [
        f"<individualName><surName>{escape(each)}</surName></individualName>" for each in sorted(survey.reviewers)
    ]
    parties = people or ["<organizationName>to be completed</organizationName>"]
    creators = "".join(f"<creator>{each}</creator>" for each in parties)
    rights = "; ".join(
        f"{each.pack}: {each.license}. {each.attribution}" for each in survey.credits_of(context.credits)
    )
    title = "Detections of sound by Dawn Chorus" + (f" at {context.site}" if context.site else "")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<eml:eml xmlns:eml="eml://ecoinformatics.org/eml-2.1.1" packageId="{identifier}" system="dawn-chorus" '
        'scope="system" xml:lang="eng">\n  <dataset>\n'
        f"    <title>{escape(title)}</title>\n    {creators}\n"
        f"    <pubDate>{context.made_at:%Y-%m-%d}</pubDate>\n    <language>eng</language>\n"
        "    <abstract><para>Detections of animals in recordings, by a model, reviewed as far as "
        "identificationVerificationStatus says.</para></abstract>\n"
        f"    <intellectualRights><para>{escape(rights)}</para></intellectualRights>\n"
        f"{_coverage(survey)}    <contact>{parties[0]}</contact>\n{_methods(survey)}  </dataset>\n</eml:eml>\n"
    )


def _methods(survey: Survey) -> str:
    """Return what was listened to, also where nothing was found: an occurrence core has no rows for that."""
    if not survey.recordings:
        return ""
    step, extent = "Recordings were analyzed by " + ", ".join(sorted(survey.packs)), survey.effort()
    described = [f"<description><para>{escape(each)}.</para></description>" for each in (step, extent)]
    sampling = (
        f"<studyExtent>{described[1]}</studyExtent><samplingDescription><para>Passive acoustic monitoring; the extent "
        "counts recordings without a detection, too.</para></samplingDescription>"
    )
    return f"    <methods><methodStep>{described[0]}</methodStep><sampling>{sampling}</sampling></methods>\n"


def _coverage(survey: Survey) -> str:
    parts = []
    if survey.south <= survey.north:
        sides = {"west": survey.west, "east": survey.east, "north": survey.north, "south": survey.south}
        box = "".join(f"<{side}BoundingCoordinate>{at}</{side}BoundingCoordinate>" for side, at in sides.items())
        described = "<geographicDescription>all sites of this archive</geographicDescription>"
        parts.append(
            f"<geographicCoverage>{described}<boundingCoordinates>{box}</boundingCoordinates></geographicCoverage>"
        )
    if survey.first and survey.last:
        days = [f"<calendarDate>{each:%Y-%m-%d}</calendarDate>" for each in (survey.first, survey.last)]
        span = f"<beginDate>{days[0]}</beginDate><endDate>{days[1]}</endDate>"
        parts.append(f"<temporalCoverage><rangeOfDates>{span}</rangeOfDates></temporalCoverage>")
    return f"    <coverage>{''.join(parts)}</coverage>\n" if parts else ""
