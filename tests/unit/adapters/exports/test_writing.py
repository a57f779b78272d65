"""Every format by one function: in order, counted, and while findings are still coming."""

import csv
import io
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from dawn_chorus.adapters.exports.gathering import gathered
from dawn_chorus.adapters.exports.writing import write_export
from dawn_chorus.domain.errors import MissingExtra, NotForMany, TransientError
from dawn_chorus.domain.exports.context import Tally
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.exports.formats import SELECTIONS, WRITERS, ExportFormat
from dawn_chorus.domain.review.verdicts import Verdict
from tests.unit.adapters.exports.made_up import CONTEXT, finding, review, source, written

MIXED = [finding(source(2), 5.0, 6.0), finding(source(0), 9.0, 9.5), finding(source(2), 1.0, 2.0), finding(source(0))]
UNDATED = finding(source(7, recorded_at=None))


def rows_of(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode()), delimiter="\t"))


def test_ravens_table_has_recordings_in_the_order_of_their_starts_and_times_that_run_on() -> None:
    rows = rows_of(written(ExportFormat.RAVEN, [UNDATED, *MIXED])[0])
    assert [(row["Begin File"], row["Begin Time (s)"], row["File Offset (s)"]) for row in rows] == [
        ("0.wav", "1.000", "1.000"),
        ("0.wav", "9.000", "9.000"),
        ("2.wav", "61.000", "1.000"),
        ("2.wav", "65.000", "5.000"),
        ("7.wav", "121.000", "1.000"),
    ]


def test_a_recording_that_is_longer_than_its_header_says_moves_the_next_one_on() -> None:
    rows = rows_of(written(ExportFormat.RAVEN, [finding(source(0), 70.0, 72.5), finding(source(1))])[0])
    assert [row["Begin Time (s)"] for row in rows] == ["70.000", "73.500"]


def test_two_analyses_of_a_recording_begin_at_one_time() -> None:
    other = source(0, analysis_id="b", pack="other")
    rows = rows_of(written(ExportFormat.RAVEN, [finding(other, 3.0, 4.0), finding(source(1)), finding(source(0))])[0])
    assert [row["Begin Time (s)"] for row in rows] == ["1.000", "3.000", "61.000"]


@pytest.mark.parametrize("export_format", [each for each in SELECTIONS if each is not ExportFormat.AUDACITY_BIRDNET])
def test_one_recording_is_written_while_findings_are_coming(export_format: ExportFormat) -> None:
    def endless() -> Iterator[Finding]:
        while True:
            yield finding(source(0))

    parts = write_export(export_format, endless(), replace(CONTEXT, recording="0.wav"), Tally())
    assert all(len(part) > 60_000 for part in islice(parts, 3))


def test_labels_of_many_recordings_name_theirs() -> None:
    text, tally = written(ExportFormat.AUDACITY, MIXED)
    assert text.decode().splitlines()[0] == "1.000\t2.000\tEurasian Wren (0.wav)"
    assert tally.written == 4
    alone, _ = written(ExportFormat.AUDACITY, MIXED[3:], replace(CONTEXT, recording="0.wav"))
    assert alone.decode() == "1.000\t2.000\tEurasian Wren\n"


def test_labels_for_birdnet_analyzer_are_of_one_recording() -> None:
    with pytest.raises(NotForMany, match="use birdnet or raven"):
        write_export(ExportFormat.AUDACITY_BIRDNET, MIXED, CONTEXT, Tally())


@pytest.mark.parametrize("export_format", [ExportFormat.RAVEN, ExportFormat.BIRDNET])
def test_rows_say_what_was_said_in_review(export_format: ExportFormat) -> None:
    text, _ = written(export_format, [finding(source(0), said=review(Verdict.REJECTED))])
    last = text.decode().splitlines()[1].replace("\t", ",").split(",")
    assert last[-3:] == (["rejected", "", "Ada"] if export_format == "raven" else ["0.wav", "rejected", "Ada"])


@pytest.mark.parametrize("verdict", Verdict)
def test_labels_of_audacity_end_in_the_verdict(verdict: Verdict) -> None:
    text, _ = written(
        ExportFormat.AUDACITY, [finding(source(0), said=review(verdict))], replace(CONTEXT, recording="0")
    )
    assert text.decode() == f"1.000\t2.000\tEurasian Wren [{verdict}]\n"


def test_what_a_reviewer_corrected_is_labeled_so() -> None:
    """Whoever reads the labels of what people identified would be told otherwise what a reviewer said it is not."""
    corrected = [finding(source(0), said=review(Verdict.REJECTED, corrected_taxon="Parus major"))]
    alone = replace(CONTEXT, recording="0.wav")
    assert written(ExportFormat.AUDACITY, corrected)[0] == b"1.000\t2.000\tParus major [corrected] (0.wav)\n"
    assert written(ExportFormat.AUDACITY, corrected, alone)[0] == b"1.000\t2.000\tParus major [corrected]\n"
    label = written(ExportFormat.AUDACITY_BIRDNET, corrected, alone)[0].decode().split("\t")[2]
    assert label == "Parus major, Parus major"
    (row,) = csv.DictReader(io.StringIO(written(ExportFormat.BIRDNET, corrected)[0].decode()))
    assert [row[each] for each in ("Scientific name", "Common name", "Verdict", "Reviewer")] == [
        "Parus major", "Parus major", "corrected", "Ada",
    ]  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(written(ExportFormat.RAVEN, corrected)[0].decode()), delimiter="\t")
    said = [row[each] for each in ("Annotation", "Common Name", "Verdict", "Corrected Taxon")]
    assert said == ["Parus major", "Eurasian Wren", "rejected", "Parus major"]


def test_a_byte_order_mark_is_for_spreadsheets() -> None:
    for export_format in WRITERS:
        if export_format is not ExportFormat.AUDACITY_BIRDNET:
            text, _ = written(export_format, MIXED, replace(CONTEXT, bom=True))
            assert text.startswith(b"\xef\xbb\xbf") is (export_format in (ExportFormat.CSV, ExportFormat.BIRDNET))


def test_without_pyarrow_the_extra_is_named_at_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pip install '\.\[parquet\]'"):
        write_export(ExportFormat.PARQUET, MIXED, CONTEXT, Tally())


def test_a_disk_without_room_is_an_error_that_passes(tmp_path: Path) -> None:
    def filling_up() -> Iterator[Finding]:
        yield finding(source(0))
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(TransientError, match="put in order"), gathered(filling_up(), tmp_path):
        pytest.fail("there was no room")


def test_a_folder_that_cannot_be_made_is_an_error_that_passes(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TransientError, match="in order"):
        written(ExportFormat.RAVEN, MIXED, replace(CONTEXT, folder=tmp_path / "file" / "folder"))


def test_nothing_stays_on_disk(tmp_path: Path) -> None:
    parts = write_export(ExportFormat.RAVEN, MIXED, replace(CONTEXT, folder=tmp_path), Tally())
    next(parts)
    parts.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []
