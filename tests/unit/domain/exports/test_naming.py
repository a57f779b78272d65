"""What an exported file is called."""

from datetime import UTC, datetime

import pytest

from dawn_chorus.api.http.disposition import disposition
from dawn_chorus.domain.exports.context import ExportContext
from dawn_chorus.domain.exports.formats import ExportFormat
from dawn_chorus.domain.exports.naming import name_export

NOW, DAWN = datetime(2026, 6, 1, tzinfo=UTC), datetime.fromisoformat("2026-05-03T04:30:00+02:00")
FIRST, NEXT_WEEK = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("context", "export_format", "name"),
    [
        (ExportContext(NOW), ExportFormat.CSV, "all-sites.csv"),
        (ExportContext(NOW, site="north marsh"), ExportFormat.RAVEN, "north-marsh.selections.txt"),
        (
            ExportContext(NOW, site="Moor", from_time=FIRST, to_time=NEXT_WEEK, taxa=("Turdus merula",)),
            ExportFormat.CAMTRAP_DP,
            "Moor_20260501-20260507_turdus-merula.camtrap-dp.zip",
        ),
        (ExportContext(NOW, taxa=("a", "b"), from_time=FIRST), ExportFormat.DWCA, "all-sites_from-20260501.dwca.zip"),
        (ExportContext(NOW, to_time=NEXT_WEEK), ExportFormat.PARQUET, "all-sites_to-20260507.parquet"),
        (
            ExportContext(NOW, site="Moor", recording="card/a.wav", recorded_at=DAWN),
            ExportFormat.NDJSON,
            "Moor_20260503T043000+0200.ndjson",
        ),
        (ExportContext(NOW, filters={"reviewed": "confirmed"}), ExportFormat.CSV, "all-sites_confirmed.csv"),
        (ExportContext(NOW, site="Moor", filters={"reviewed": "none"}), ExportFormat.CSV, "Moor_unreviewed.csv"),
        (ExportContext(NOW, recording="a.b.wav"), ExportFormat.AUDACITY, "a.b.labels.txt"),
        (ExportContext(NOW, site="Moor", recording="Höhe, 1.wav"), ExportFormat.BIRDNET, "Höhe, 1.BirdNET.results.csv"),
    ],
)
def test_a_name_tells_site_span_and_taxon(context: ExportContext, export_format: ExportFormat, name: str) -> None:
    assert name_export(export_format, context) == name


def test_a_name_without_a_letter_of_ascii_hides_no_file() -> None:
    header = disposition("湿地.csv", "attachment")
    assert header == "attachment; filename=\"__.csv\"; filename*=UTF-8''%E6%B9%BF%E5%9C%B0.csv"


def test_a_name_with_quotes_ends_no_header_early() -> None:
    header = disposition('Hö"he\\ 1%.csv', "attachment")
    assert header == "attachment; filename=\"Ho_he_ 1_.csv\"; filename*=UTF-8''H%C3%B6%22he%5C%201%25.csv"
