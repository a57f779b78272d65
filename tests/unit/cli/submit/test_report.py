"""The CSV report of a run."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest

from dawn_chorus.cli.submit.outcomes import Outcome, OutcomeKind
from dawn_chorus.cli.submit.report import COLUMNS, Report, open_report
from dawn_chorus.cli.submit.summary import summary_of
from dawn_chorus.domain.errors import PermanentError

ANSWER = {"id": "r1", "duration_s": 60.0, "recorded_at": "2026-05-01T04:30:00+02:00", "site": "marsh, north"}


def uploaded(shown: str) -> Outcome:
    return Outcome(shown, OutcomeKind.UPLOADED, 44, "ab" * 32, ANSWER, "a1")


def refused(shown: str, reason: str = "is not audio") -> Outcome:
    return Outcome(shown, OutcomeKind.REFUSED, 7, reason=reason)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_shortened_outcome_sums_up_the_same() -> None:
    start = {"source": "the header", "certain": False, "reason": "its clock says no zone"}
    answer = {"duration_s": 60.0, "latitude": 52.5, "recorded_at": None, "start": start, "analyses": [{"id": "a1"}]}
    whole = replace(uploaded("card/a.wav"), answer=answer)
    short = whole.shortened()
    assert short.answer is not None
    assert "analyses" not in short.answer
    assert (short.missing_time, short.duration_s) == (whole.missing_time, whole.duration_s)
    assert short.answer["latitude"] == 52.5
    assert summary_of([short, whole]) == "2 files: 2 uploaded"
    assert refused("b.wav").shortened() == refused("b.wav")


def test_each_file_has_a_row(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    with open_report(path) as report:
        assert report is not None
        report.add(uploaded("card/a.wav"))
        report.add(refused("card/b.wav"))
    first, second = rows_of(path)
    assert list(first) == list(COLUMNS)
    assert first == {
        "file": "card/a.wav",
        "outcome": "uploaded",
        "recording_id": "r1",
        "analysis_id": "a1",
        "sha256": "ab" * 32,
        "bytes": "44",
        "seconds": "60.0",
        "recorded_at": "2026-05-01T04:30:00+02:00",
        "site": "marsh, north",
        "reason": "",
    }
    assert (second["outcome"], second["reason"], second["recording_id"]) == ("refused", "is not audio", "")


@pytest.mark.parametrize("name", ['a"b.wav', "a,b.wav", "a\nb.wav", "ä 🐦.wav", "a\ufffdb.wav", ";=1+1.wav"])
def test_any_name_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    with open_report(path) as report:
        assert report is not None
        report.add(uploaded(name))
    assert rows_of(path)[0]["file"] == name


@pytest.mark.parametrize("name", ["=1+1.wav", "-a.wav", "+a.wav", "@a.wav"])
def test_a_name_that_a_spreadsheet_would_run_begins_with_an_apostrophe(name: str, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    with open_report(path) as report:
        assert report is not None
        report.add(uploaded(name))
    assert rows_of(path)[0]["file"] == f"'{name}"


def test_a_row_is_on_the_disk_before_the_next_file_ends(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    report = Report(path)
    for number in range(3):
        report.add(uploaded(f"{number}.wav"))
        assert [row["file"] for row in rows_of(path)] == [f"{each}.wav" for each in range(number + 1)]
        assert path.read_text().endswith("\n")


@pytest.mark.parametrize("place", ["missing/report.csv", "."])
def test_a_report_that_cannot_be_written_is_told_before_anything_is_sent(place: str, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"the report .* cannot be written"), open_report(tmp_path / place):
        pytest.fail("it was opened")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full disk to write to")  # noqa: PTH110
def test_a_full_disk_is_told_with_the_path() -> None:
    with pytest.raises(PermanentError, match="the report /dev/full cannot be written: No space left"):
        Report(Path("/dev/full"))


@pytest.mark.parametrize("name", ["a.wav", "dawn.FLAC", "b.m4a"])
def test_a_recording_is_never_taken_for_a_report(name: str, tmp_path: Path) -> None:
    recording = tmp_path / name
    recording.write_bytes(b"sound")
    with pytest.raises(PermanentError, match="the name of a recording"):
        Report(recording)
    assert recording.read_bytes() == b"sound"


def test_the_summary_counts_and_names_what_was_refused() -> None:
    outcomes = [uploaded("a"), uploaded("b"), Outcome("c", OutcomeKind.ALREADY_THERE, 1), refused("d", "too large")]
    assert summary_of(outcomes) == "4 files: 2 uploaded, 1 already there, 1 refused (d: too large)"
    many = [refused(f"{number}.wav") for number in range(1200)]
    assert summary_of(many).startswith("1,200 files: 1,200 refused (0.wav: is not audio; 1.wav")
    assert summary_of(many).endswith("; and 1,197 more)")
    assert summary_of([uploaded("a"), uploaded("b")]) == "2 files: 2 uploaded"
