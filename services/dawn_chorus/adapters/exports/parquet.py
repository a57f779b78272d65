"""Parquet, by pyarrow, which is an extra of the package: row groups are written as findings come."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import islice
from typing import Any

from dawn_chorus.adapters.exports.parts import Sink
from dawn_chorus.domain.errors import MissingExtra
from dawn_chorus.domain.exports.context import ExportContext
from dawn_chorus.domain.exports.findings import Finding

ROWS_A_GROUP = 20_000
EXTRA = "parquet"


def parquet_parts(findings: Iterable[Finding], context: ExportContext) -> Iterator[bytes]:
    """Return a Parquet file in pieces, one for each row group. Raises MissingExtra at the call.

    Columns are those of CSV, but times are instants in UTC, and `recorded_utc_offset_s` says by which clock they were.
    The license and attribution of each pack are in the metadata of the schema.
    """
    try:
        pyarrow = import_module("pyarrow")
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtra(
            f"Parquet needs the extra `{EXTRA}`: run pip install '.[{EXTRA}]' in the checkout where the service "
            "runs; csv and ndjson hold the same rows"
        ) from error
    return _parts(pyarrow, findings, context)


def _parts(pyarrow: Any, findings: Iterable[Finding], context: ExportContext) -> Iterator[bytes]:
    sink, rows = Sink(), iter(findings)
    schema = _schema(pyarrow).with_metadata(_metadata(context))
    with pyarrow.parquet.ParquetWriter(pyarrow.PythonFile(sink, "w"), schema, compression="zstd") as writer:
        while chunk := [_row(finding) for finding in islice(rows, ROWS_A_GROUP)]:
            writer.write_table(pyarrow.Table.from_pylist(chunk, schema))
            yield sink.take()
    yield sink.take()


def _schema(pyarrow: Any) -> Any:
    words = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    instant, number = pyarrow.timestamp("us", tz="UTC"), pyarrow.float64()
    columns = {
        "scientific_name": words, "common_name": words, "code": words, "onset_s": number, "offset_s": number,
        "started_at": instant, "ended_at": instant, "confidence": pyarrow.float32(), "channel": pyarrow.int16(),
        "file": words, "site": words, "pack": words, "recording_id": words, "analysis_id": words, "warnings": words,
        "taxonomic_class": words, "latitude": number, "longitude": number, "verdict": words, "corrected_taxon": words,
        "reviewer": words, "reviewed_at": instant, "note": pyarrow.string(), "recorded_utc_offset_s": pyarrow.int32(),
        "pack_version": words, "spread": pyarrow.float32(),
    }  # fmt: skip
    return pyarrow.schema(list(columns.items()))


def _metadata(context: ExportContext) -> dict[str, str]:
    found = {f"license of {each.pack}": each.license or "unknown" for each in context.credits}
    found |= {f"attribution of {each.pack}": each.attribution or "unknown" for each in context.credits}
    return found | {f"filter {name}": value for name, value in context.filters.items()}


def _row(finding: Finding) -> dict[str, Any]:
    detection, source, review = finding.detection, finding.source, finding.review
    offset = source.recorded_at.utcoffset() if source.recorded_at else None
    row = {
        "scientific_name": detection.taxon.scientific_name,
        "common_name": detection.taxon.common_name,
        "code": detection.taxon.code,
        "taxonomic_class": detection.taxon.taxonomic_class,
        "onset_s": round(detection.onset_s, 6),
        "offset_s": round(detection.offset_s, 6),
        "started_at": _instant(source.recorded_at, detection.onset_s),
        "ended_at": _instant(source.recorded_at, detection.offset_s),
        "confidence": detection.confidence,
        "channel": detection.channel,
        "spread": detection.spread,
        "recorded_utc_offset_s": None if offset is None else round(offset.total_seconds()),
    }
    of_source = ("file", "site", "pack", "pack_version", "recording_id", "analysis_id", "warnings", "latitude")
    row |= {name: getattr(source, name) for name in (*of_source, "longitude")}
    if review is not None:
        said = ("verdict", "corrected_taxon", "reviewer", "reviewed_at", "note")
        row |= {name: getattr(review, name) for name in said}
    return row


def _instant(recorded_at: datetime | None, position_s: float) -> datetime | None:
    return None if recorded_at is None else recorded_at.astimezone(UTC) + timedelta(seconds=round(position_s, 6))
