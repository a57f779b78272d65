"""What is shown while a run goes on."""

import pytest

from dawn_chorus.cli.submit.outcomes import Outcome, OutcomeKind
from dawn_chorus.cli.submit.progress import LINE_EVERY_S, Pace, Totals, describe, open_display


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def ended(size_bytes: int, duration_s: float = 1800.0) -> Outcome:
    return Outcome("a.wav", OutcomeKind.UPLOADED, size_bytes, answer={"duration_s": duration_s})


def test_files_bytes_and_hours_add_up() -> None:
    totals = Totals(n_files=4, size_bytes=4_000_000)
    with totals.sending() as sending:
        sending.count(300_000)
        sending.count(700_000)
        assert (totals.bytes_sent, totals.bytes_behind) == (1_000_000, 1_000_000)
    totals.end(ended(1_000_000))
    assert (totals.bytes_behind, totals.sound_s, totals.files_done) == (1_000_000, 1800, 1)


def test_a_cut_upload_was_sent_but_is_not_behind() -> None:
    totals = Totals(1, 1_000_000)
    with totals.sending() as sending:
        sending.count(600_000)
    assert (totals.bytes_sent, totals.bytes_behind) == (600_000, 0)


def test_speed_and_time_left_are_those_of_the_last_minute() -> None:
    clock = Clock()
    totals, pace = Totals(10, 100_000_000), Pace(clock)
    assert describe(totals, pace) == "0 of 10 files, 0.0 MB/s, 0.0 h of sound"
    pace.mark(totals)
    with totals.sending() as sending:
        sending.count(10_000_000)
        totals.end(ended(10_000_000))
    clock.now = 5.0
    pace.mark(totals)
    assert describe(totals, pace) == "1 of 10 files, 2.0 MB/s, 0.5 h of sound, 45 s left"


def test_what_was_there_already_counts_for_the_time_left_but_not_for_the_speed() -> None:
    clock = Clock()
    totals, pace = Totals(2, 2_000_000), Pace(clock)
    pace.mark(totals)
    totals.end(ended(1_000_000))
    clock.now = 10.0
    pace.mark(totals)
    assert pace.sent_bytes_per_s == 0
    assert pace.eta_s(totals) == pytest.approx(10)


def test_without_a_terminal_there_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    totals = Totals(10, 1000)
    with open_display(totals, clock) as display:
        for _ in range(int(4 * LINE_EVERY_S * 2.5)):
            display.show("")
            clock.now += 0.25
        lines = capsys.readouterr().err.splitlines()
        assert lines == ["0 of 10 files, 0.0 MB/s, 0.0 h of sound"] * 2
        clock.now += LINE_EVERY_S
        display.show("no service")
    assert capsys.readouterr().err.endswith("; waiting: no service\n")


def test_what_an_earlier_run_sent_is_behind_but_was_not_sent() -> None:
    totals = Totals(1, 1_000_000)
    with totals.sending() as sending:
        sending.stand_at(600_000)
        sending.count(100_000)
        assert (totals.bytes_sent, totals.bytes_behind) == (100_000, 700_000)
        sending.stand_at(600_000)
        assert (totals.bytes_sent, totals.bytes_behind) == (100_000, 600_000)
    assert (totals.bytes_sent, totals.bytes_behind) == (100_000, 0)
