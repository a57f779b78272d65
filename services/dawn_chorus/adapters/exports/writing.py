"""Writes findings in any format, piece by piece: for answers, for jobs, for the command line."""

from collections.abc import Iterable, Iterator

from dawn_chorus.adapters.exports.gathering import gathered
from dawn_chorus.adapters.exports.parquet import parquet_parts
from dawn_chorus.adapters.exports.parts import in_parts
from dawn_chorus.adapters.exports.zips import camtrap_parts, darwin_core_parts
from dawn_chorus.domain.errors import NotForMany
from dawn_chorus.domain.exports.context import ExportContext, Tally
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.exports.formats import SELECTIONS, SPREADSHEETS, WRITERS, ExportFormat
from dawn_chorus.domain.exports.selections import audacity_lines_of_many
from dawn_chorus.domain.exports.tables import with_byte_order_mark


def write_export(
    export_format: ExportFormat,
    findings: Iterable[Finding],
    context: ExportContext,
    tally: Tally,
    listened: Iterable[Source] = (),
) -> Iterator[bytes]:
    """Return the bytes of an export in pieces of some 64 KiB, to be written one after the other.

    Memory stays flat however many findings there are: they are drawn as the pieces are. Archives and what programs that
    show sound read (`SELECTIONS`) have them by recording, and draw all of them before the first piece, into a file on
    disk (`context.folder`) that goes when the iterator ends or is closed; where `context.recording` is set, selections
    need none. Pieces may be drawn from one thread after the other.

    `listened` are all recordings that were analyzed, with or without a finding; archives tell them, or their sum, and
    draw them before the findings.

    `tally` counts what is written and what is left out; what is left out is complete once the first piece is there, so
    that headers can tell it. `name_export` says what the file is called, `FILES` its media type.

    Raises, at the call: MissingExtra where a format needs a library that is not installed; NotForMany for a format
    that cannot hold several recordings, unless `context.recording` is set. While pieces are drawn: whatever `findings`
    raises (Replaced, TransientError), and TransientError if the disk is full. After an error no more pieces come, and
    what was written is not an export.
    """
    if export_format is ExportFormat.AUDACITY_BIRDNET and not context.recording:
        raise NotForMany(
            f"{export_format} is for one analysis: BirdNET-Analyzer looks for labels beside each recording; "
            f"use {ExportFormat.BIRDNET} or {ExportFormat.RAVEN}, whose rows name theirs"
        )
    match export_format:
        case ExportFormat.CAMTRAP_DP:
            return camtrap_parts(findings, context, tally, listened)
        case ExportFormat.DWCA:
            return darwin_core_parts(findings, context, tally, listened)
        case ExportFormat.PARQUET:
            return parquet_parts(_counted(findings, tally), context)
        case _:
            return in_parts(_lines(export_format, _counted(findings, tally), context))


def _lines(export_format: ExportFormat, findings: Iterable[Finding], context: ExportContext) -> Iterator[str]:
    lines = WRITERS[export_format]
    if export_format is ExportFormat.AUDACITY and not context.recording:
        lines = audacity_lines_of_many
    if export_format in SELECTIONS and not context.recording:
        with gathered(findings, context.folder) as found:
            yield from _marked(export_format, lines(found.findings()), context)
    else:
        yield from _marked(export_format, lines(findings), context)


def _marked(export_format: ExportFormat, lines: Iterator[str], context: ExportContext) -> Iterator[str]:
    return with_byte_order_mark(lines) if context.bom and export_format in SPREADSHEETS else lines


def _counted(findings: Iterable[Finding], tally: Tally) -> Iterator[Finding]:
    for finding in findings:
        tally.written += 1
        yield finding
