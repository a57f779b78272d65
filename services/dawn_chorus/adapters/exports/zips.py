"""Archives, written as they are sent: each member is packed while its lines are still coming."""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from dawn_chorus.adapters.exports.gathering import Gathered, gathered
from dawn_chorus.adapters.exports.parts import Sink, in_parts
from dawn_chorus.domain.exports import camtrap, darwin_core
from dawn_chorus.domain.exports.camtrap_package import NOTES as CAMTRAP_NOTES
from dawn_chorus.domain.exports.camtrap_package import package_description
from dawn_chorus.domain.exports.context import ExportContext, Tally
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.exports.occurrences import Survey
from dawn_chorus.domain.exports.readme import readme

_Members = Iterable[tuple[str, Iterable[str]]]
_LARGE = 2_000_000
"""Findings from which on a member may hold more than 2 GiB."""


def camtrap_parts(
    findings: Iterable[Finding], context: ExportContext, tally: Tally, listened: Iterable[Source]
) -> Iterator[bytes]:
    """Yield a Camera Trap Data Package; recordings without place or time are left out."""

    def members(found: Gathered, survey: Survey) -> _Members:
        yield "datapackage.json", [package_description(context, survey, _identifier(context))]
        yield "README.txt", [readme("Camera Trap Data Package", CAMTRAP_NOTES, context, survey, tally)]
        yield "deployments.csv", camtrap.deployment_lines(found.recordings())
        yield "media.csv", camtrap.media_lines(found.recordings(), context.address)
        yield "observations.csv", camtrap.observation_lines(found.findings(), by_analysis=context.by_analysis)

    return _archive(findings, context, tally, listened, members, anywhere=False)


def darwin_core_parts(
    findings: Iterable[Finding], context: ExportContext, tally: Tally, listened: Iterable[Source]
) -> Iterator[bytes]:
    """Yield a Darwin Core archive."""

    def members(found: Gathered, survey: Survey) -> _Members:
        yield "meta.xml", [darwin_core.meta()]
        yield "eml.xml", [darwin_core.eml(context, survey, _identifier(context))]
        yield "README.txt", [readme("Darwin Core archive", darwin_core.NOTES, context, survey, tally)]
        yield "occurrence.txt", darwin_core.occurrence_lines(found.findings(), context)

    return _archive(findings, context, tally, listened, members, anywhere=True)


def _archive(
    findings: Iterable[Finding],
    context: ExportContext,
    tally: Tally,
    listened: Iterable[Source],
    members: Callable[[Gathered, Survey], _Members],
    *,
    anywhere: bool,
) -> Iterator[bytes]:
    survey = Survey()
    with ExitStack() as stack:
        kept = survey.occurrences(findings, tally, anywhere=anywhere)
        heard = survey.listened(listened, tally, anywhere=anywhere)
        found = stack.enter_context(gathered(kept, context.folder, heard))
        tally.written = found.count
        yield from _zipped(members(found, survey), context.made_at, large=found.count > _LARGE)


def _zipped(members: _Members, made_at: datetime, *, large: bool) -> Iterator[bytes]:
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, lines in members:
            facts = zipfile.ZipInfo(name, made_at.timetuple()[:6])
            facts.compress_type, facts.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with archive.open(facts, "w", force_zip64=large) as member:
                for part in in_parts(lines):
                    member.write(part)
                    if len(sink) > 0:
                        yield sink.take()
    yield sink.take()


def _identifier(context: ExportContext) -> str:
    """Return an id of this very export: the same filters at the same moment."""
    asked = sorted(context.filters.items())
    return str(uuid5(NAMESPACE_URL, f"{context.address}/{context.recording}/{context.made_at.isoformat()}/{asked}"))
