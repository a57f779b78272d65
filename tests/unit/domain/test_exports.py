"""Rows for other tools: the exact columns, and names that try to break them."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dawn_chorus.domain.exports import WRITERS, ExportFormat, Finding, Source, clock_time
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection

WREN = Taxon("eurwre", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
AWKWARD = Taxon("x1", "Larus sp.", 'Gull, "the\tbig" one', "Aves")
NAMELESS = Taxon("son7", "Sonotype 7", "", "Insecta")
SOURCE = Source("dawn.flac", 48000, datetime.fromisoformat("2026-05-01T04:30:00+02:00"), "birdnet")


def written(export_format: ExportFormat, *detections: Detection, source: Source = SOURCE) -> str:
    findings = [Finding(detection, source) for detection in detections]
    return "".join(WRITERS[export_format].lines(iter(findings)))


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
    ]
    wren = ["1", "Spectrogram 1", "1", "0.250", "3.000", "0", "24000", "Eurasian Wren", "eurwre", "0.9877", "dawn.flac"]
    assert first == wren
    assert second[0] == "2"
    assert second[7] == "Sonotype 7", "a taxon without a common name goes by its scientific one"


def test_audacity_labels_are_start_end_and_name() -> None:
    assert written(ExportFormat.AUDACITY, Detection(WREN, 0.25, 3.0, 0.9)) == "0.250\t3.000\tEurasian Wren\n"


def test_a_tab_in_a_name_does_not_shift_columns_of_tab_separated_formats() -> None:
    detection = Detection(AWKWARD, 1, 2, 0.5)
    assert written(ExportFormat.AUDACITY, detection) == '1.000\t2.000\tGull, "the big" one\n'
    raven = written(ExportFormat.RAVEN, detection, source=Source("a\tb\n.wav", 44100)).splitlines()
    assert len(raven) == 2
    assert raven[1].split("\t")[-1] == "a b .wav"


def test_birdnet_csv_has_birdnets_columns_and_quotes_what_must_be_quoted() -> None:
    text = written(ExportFormat.BIRDNET, Detection(AWKWARD, 3, 6, 0.12344))
    assert text.splitlines()[0] == "Start (s),End (s),Scientific name,Common name,Confidence,File"
    assert list(csv.reader(io.StringIO(text)))[1] == [
        "3.000",
        "6.000",
        "Larus sp.",
        'Gull, "the\tbig" one',
        "0.1234",
        "dawn.flac",
    ]


def test_csv_reads_back_as_the_same_facts() -> None:
    text = written(ExportFormat.CSV, Detection(AWKWARD, 0.5, 1.25, 0.75))
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
        "file": "dawn.flac",
        "site": "",
        "pack": "birdnet",
        "recording_id": "",
        "analysis_id": "",
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


@pytest.mark.parametrize("export_format", list(ExportFormat))
def test_rows_are_written_while_findings_are_still_coming(export_format: ExportFormat) -> None:
    drawn = 0

    def endless() -> Iterator[Finding]:
        nonlocal drawn
        while True:
            drawn += 1
            yield Finding(Detection(WREN, drawn, drawn + 1, 0.5), SOURCE)

    lines = WRITERS[export_format].lines(endless())
    for _ in range(5):
        next(lines)
    assert drawn <= 5
