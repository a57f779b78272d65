"""Rows for other tools: the exact columns, and names that try to break them."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dawn_chorus.domain.exports.findings import Finding, Source, clock_time
from dawn_chorus.domain.exports.formats import WRITERS, ExportFormat
from dawn_chorus.domain.exports.tables import csv_line, read_csv_cell
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection

WREN = Taxon("eurwre", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
AWKWARD = Taxon("x1", "Larus sp.", 'Gull, "the\tbig" one', "Aves")
NAMELESS = Taxon("son7", "Sonotype 7", "", "Insecta")
SOURCE = Source("dawn.flac", 48000, datetime.fromisoformat("2026-05-01T04:30:00+02:00"), "birdnet")


def written(export_format: ExportFormat, *detections: Detection, source: Source = SOURCE) -> str:
    findings = [Finding(detection, source) for detection in detections]
    return "".join(WRITERS[export_format](iter(findings)))


def test_a_raven_table_has_ravens_columns_and_counts_selections_from_one() -> None:
    text = written(ExportFormat.RAVEN, Detection(WREN, 0.25, 3.0, 0.98765), Detection(NAMELESS, 7, 9.5, 0.5))
    header, first, second = (line.split("\t") for line in text.splitlines())
    assert header == [
        "Selection",
        "View",
        "Channel",
        "Begin Time (s)",
        "End Time (s)",
        "Low Freq (Hz)",
        "High Freq (Hz)",
        "Common Name",
        "Species Code",
        "Confidence",
        "Begin Path",
        "Begin File",
        "File Offset (s)",
        "Annotation",
        "Verdict",
        "Corrected Taxon",
        "Reviewer",
    ]
    wren = ["1", "Spectrogram 1", "1", "0.250", "3.000", "0.0", "24000.0", "Eurasian Wren", "eurwre", "0.9877"]
    assert first == [*wren, "dawn.flac", "dawn.flac", "0.250", "Eurasian Wren", "", "", ""]
    assert second[0] == "2"
    assert second[7] == "Sonotype 7", "a taxon without a common name goes by its scientific one"


def test_the_times_of_a_raven_table_run_on_over_its_recordings() -> None:
    sources = [Source("night/a.wav", 250_000, begins_s=0.0), Source("night/b.wav", 11_025, begins_s=60.5)]
    findings = [Finding(Detection(WREN, 1.0, 2.5, 0.5), source) for source in sources]
    rows = list(csv.DictReader(io.StringIO("".join(WRITERS[ExportFormat.RAVEN](findings))), delimiter="\t"))
    assert [(row["Selection"], row["Begin Time (s)"], row["End Time (s)"], row["File Offset (s)"]) for row in rows] == [
        ("1", "1.000", "2.500", "1.000"),
        ("2", "61.500", "63.000", "1.000"),
    ]
    assert [(row["Begin Path"], row["Begin File"]) for row in rows] == [
        ("night/a.wav", "a.wav"),
        ("night/b.wav", "b.wav"),
    ]
    assert [row["High Freq (Hz)"] for row in rows] == ["125000.0", "5512.5"]


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 44_100, 384_000, 5_000_000])
def test_every_number_of_a_raven_table_is_read_as_a_float(rate_hz: int) -> None:
    """Crowsetta's schema (5.1) wants floats where pandas reads `0` and `24000` as integers."""
    text = written(ExportFormat.RAVEN, Detection(WREN, 0, 3, 1), source=Source("a.wav", rate_hz))
    (row,) = csv.DictReader(io.StringIO(text), delimiter="\t")
    for column in (
        "Begin Time (s)",
        "End Time (s)",
        "Low Freq (Hz)",
        "High Freq (Hz)",
        "File Offset (s)",
        "Confidence",
    ):
        assert re.fullmatch(r"\d+\.\d+", row[column]), column


FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
    "-",
    "-a",
    "+49 30",
    "-1_0",
    "=",
    "-inf",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
]
NUMBERS = ["-5", "+3.5", "-.5", "-1e-7", "0", "12.", "-12"]
PLAIN = ["dawn.wav", "a=b", "", " =1", "'a", "''", "e-mail@example.org", "−5"]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("wanted", [ExportFormat.CSV, ExportFormat.BIRDNET])
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str, wanted: ExportFormat) -> None:
    taxon = Taxon(text, text, text, "Aves")
    source = Source(text, 8000, site=text)
    cells = list(csv.reader(io.StringIO(written(wanted, Detection(taxon, 0, 1, 0.5), source=source))))[1]
    assert cells.count(f"'{text}") == (5 if wanted is ExportFormat.CSV else 3)
    assert text not in cells


@pytest.mark.parametrize("text", NUMBERS + PLAIN)
def test_numbers_and_plain_text_stay_as_they_are(text: str) -> None:
    (cells,) = csv.reader(io.StringIO(csv_line([text, "dawn"])))
    assert cells == [text, "dawn"]


@pytest.mark.parametrize("text", [*FORMULAS, *NUMBERS, *PLAIN, "'=1", "''=1", "'-5", "'", "'\r"])
def test_a_cell_is_read_back_as_it_was(text: str) -> None:
    (cells,) = csv.reader(io.StringIO(csv_line([text, "dawn"]), newline=""))
    assert read_csv_cell(cells[0]) == text


def test_negative_numbers_are_numbers() -> None:
    assert csv_line([-3.5, -4, None, "-3.5", "-3.5 m"]) == "-3.5,-4,,-3.5,'-3.5 m\n"


@pytest.mark.parametrize("wanted", [ExportFormat.JSON, ExportFormat.NDJSON, ExportFormat.RAVEN, ExportFormat.AUDACITY])
def test_what_no_spreadsheet_reads_is_not_changed(wanted: ExportFormat) -> None:
    text = written(wanted, Detection(Taxon("x", "=1+1", "=1+1", "Aves"), 0, 1, 0.5))
    assert "=1+1" in text
    assert "'=1+1" not in text


def test_ravens_channel_is_the_one_that_the_event_peaked_in() -> None:
    text = written(ExportFormat.RAVEN, Detection(WREN, 0.25, 3.0, 0.9, channel=2))
    assert text.splitlines()[1].split("\t")[2] == "2"


@pytest.mark.parametrize("export_format", [ExportFormat.RAVEN, ExportFormat.AUDACITY, ExportFormat.BIRDNET])
def test_tables_of_other_tools_hold_no_warnings(export_format: ExportFormat) -> None:
    assert "clipped" not in written(
        export_format, Detection(WREN, 0, 1, 0.9), source=replace(SOURCE, warnings="clipped")
    )


def test_audacity_labels_are_start_end_and_name() -> None:
    assert written(ExportFormat.AUDACITY, Detection(WREN, 0.25, 3.0, 0.9)) == "0.250\t3.000\tEurasian Wren\n"


def test_labels_for_birdnet_analyzer_have_both_names_and_the_confidence() -> None:
    text = written(ExportFormat.AUDACITY_BIRDNET, Detection(WREN, 0.25, 3.0, 0.9), Detection(NAMELESS, 7, 9.5, 0.5))
    first, second = text.splitlines()
    assert first == "0.250\t3.000\tTroglodytes troglodytes, Eurasian Wren\t0.9000"
    assert second.split("\t")[2].split(", ")[1] == "Sonotype 7", "as BirdNET-Analyzer 2.4 takes the name out of it"


def test_a_tab_in_a_name_does_not_shift_columns_of_tab_separated_formats() -> None:
    detection = Detection(AWKWARD, 1, 2, 0.5)
    assert written(ExportFormat.AUDACITY, detection) == '1.000\t2.000\tGull, "the big" one\n'
    raven = written(ExportFormat.RAVEN, detection, source=Source("a\tb\n.wav", 44100)).splitlines()
    assert len(raven) == 2
    assert raven[1].split("\t")[10:12] == ["a b .wav", "a b .wav"]


def test_birdnet_csv_has_birdnets_columns_and_nothing_that_must_be_quoted() -> None:
    """BirdNET-Analyzer 2.4 splits lines at each comma."""
    text = written(ExportFormat.BIRDNET, Detection(AWKWARD, 3, 6, 0.12344))
    assert text.splitlines()[0] == "Start (s),End (s),Scientific name,Common name,Confidence,File,Verdict,Reviewer"
    assert list(csv.reader(io.StringIO(text)))[1] == [
        "3.000",
        "6.000",
        "Larus sp.",
        "Gull; 'the\tbig' one",
        "0.1234",
        "dawn.flac",
        "",
        "",
    ]


def test_csv_reads_back_as_the_same_facts() -> None:
    text = written(ExportFormat.CSV, Detection(AWKWARD, 0.5, 1.25, 0.75, 2), source=replace(SOURCE, warnings="clipped"))
    (row,) = csv.DictReader(io.StringIO(text))
    assert row == {
        "scientific_name": "Larus sp.",
        "common_name": 'Gull, "the\tbig" one',
        "code": "x1",
        "onset_s": "0.500",
        "offset_s": "1.250",
        "started_at": "2026-05-01T04:30:00.500+02:00",
        "ended_at": "2026-05-01T04:30:01.250+02:00",
        "confidence": "0.7500",
        "channel": "2",
        "file": "dawn.flac",
        "site": "",
        "pack": "birdnet",
        "recording_id": "",
        "analysis_id": "",
        "warnings": "clipped",
        "taxonomic_class": "Aves",
        "latitude": "",
        "longitude": "",
        "verdict": "",
        "corrected_taxon": "",
        "reviewer": "",
        "reviewed_at": "",
        "note": "",
        "spread": "",
    }


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_is_one_array_and_ndjson_one_object_a_line(count: int) -> None:
    detections = [Detection(WREN, onset_s, onset_s + 1, 0.5) for onset_s in range(count)]
    array = json.loads(written(ExportFormat.JSON, *detections))
    lines = [json.loads(line) for line in written(ExportFormat.NDJSON, *detections).splitlines()]
    assert array == lines
    assert [row["onset_s"] for row in array] == list(range(count))


def test_without_a_start_time_rows_carry_no_time_of_day() -> None:
    (row,) = json.loads(written(ExportFormat.JSON, Detection(WREN, 1, 2, 0.5), source=Source("a.wav", 8000)))
    assert row["started_at"] is None
    assert row["ended_at"] is None


def test_a_recording_through_the_change_to_summer_time_keeps_true_time() -> None:
    before = datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert clock_time(before, 3600) == "2026-03-29T03:30:00.000+02:00"


def test_small_numbers_are_not_written_with_an_exponent() -> None:
    assert "e-" not in written(ExportFormat.BIRDNET, Detection(WREN, 0.00001, 0.5, 0.00001))


@pytest.mark.parametrize("export_format", list(WRITERS))
def test_rows_are_written_while_findings_are_still_coming(export_format: ExportFormat) -> None:
    drawn = 0

    def endless() -> Iterator[Finding]:
        nonlocal drawn
        while True:
            drawn += 1
            yield Finding(Detection(WREN, drawn, drawn + 1, 0.5), SOURCE)

    lines = WRITERS[export_format](endless())
    for _ in range(5):
        next(lines)
    assert drawn <= 5
