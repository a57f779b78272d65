"""How long a service that is away is waited for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event

import pytest

from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.cli.client.failures import RequestCut, ServiceAway
from dawn_chorus.cli.submit.patience import (
    MOST_CUTS,
    CutCount,
    OutOfPatience,
    Patience,
    read_duration,
    show_duration,
)
from dawn_chorus.domain.errors import PermanentError


class Clock(Event):
    """Time that passes only while somebody waits; set, it stops the run."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        return self.is_set()


@dataclass
class Line:
    """Calls of a service, with how each of them ends."""

    limit_s: float = 60.0
    clock: Clock = field(default_factory=Clock)
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patience = Patience(
            self.limit_s, self.clock, lambda _, wait_s: self.waits.append(wait_s), lambda: self.clock.now
        )

    def call(self, *ends: Exception | str) -> str:
        remaining: Iterator[Exception | str] = iter(ends)

        def once() -> str:
            end = next(remaining)
            if isinstance(end, Exception):
                raise end
            return end

        return self.patience.wait_out(once)


AWAY = ServiceAway("no service")


def test_an_outage_is_waited_out_with_growing_waits() -> None:
    line = Line()
    assert line.call(AWAY, AWAY, AWAY, AWAY, "there") == "there"
    assert len(line.waits) == 4
    for number, wait_s in enumerate(line.waits):
        assert 0.25 * 2**number <= wait_s <= 0.5 * 2**number


def test_the_waits_of_many_clients_differ() -> None:
    firsts = set()
    for _ in range(20):
        line = Line()
        line.call(AWAY, "there")
        firsts.add(line.waits[0])
    assert len(firsts) > 10


@pytest.mark.parametrize("retry_after_s", [1.0, 7.0, 45.0])
def test_what_the_service_asks_for_is_waited_and_a_little_more(retry_after_s: float) -> None:
    line = Line()
    assert line.call(*[ServiceAway("busy", retry_after_s)] * 1, "there") == "there"
    assert retry_after_s <= line.waits[0] <= retry_after_s + 1


def test_an_invitation_to_come_back_at_once_is_no_storm() -> None:
    line = Line()
    assert line.call(*[ServiceAway("busy", 0.0)] * 5, "there") == "there"
    assert sum(line.waits) > 5


def test_a_wait_beyond_the_patience_is_cut_to_it_and_tried_once_more() -> None:
    line = Line(limit_s=60)
    assert line.call(ServiceAway("maintenance", 86_400.0), "there") == "there"
    assert line.waits == [60]


def test_patience_ends() -> None:
    line = Line(limit_s=60)
    with pytest.raises(OutOfPatience, match=r"no service .tried for 1 min; --patience"):
        line.call(*[AWAY] * 100)
    assert line.clock.now == 60


def test_without_patience_nothing_is_tried_again() -> None:
    line = Line(limit_s=0)
    with pytest.raises(OutOfPatience):
        line.call(AWAY, "there")
    assert line.waits == []


def test_each_outage_has_the_whole_patience() -> None:
    line = Line(limit_s=60)
    for _ in range(5):
        assert line.call(*[ServiceAway("busy", 20.0)] * 2, "there") == "there"
    assert line.clock.now > 180


def test_only_the_file_is_given_up_if_others_are_answered() -> None:
    line = Line(limit_s=60)

    def once() -> str:
        line.clock.now += 1
        line.patience.note_answer()
        raise AWAY

    with pytest.raises(PermanentError) as caught:
        line.patience.wait_out(once)
    assert not isinstance(caught.value, OutOfPatience)


def test_a_run_that_is_stopped_waits_no_longer() -> None:
    line = Line()
    line.clock.set()
    with pytest.raises(Stopped):
        line.call("there")
    line.clock.clear()
    with pytest.raises(Stopped):
        line.patience.wait_out(lambda: stop_and_fail(line))


def stop_and_fail(line: Line) -> str:
    line.clock.set()
    raise AWAY


def cut_again(cuts: CutCount, times: int) -> None:
    for _ in range(times):
        cuts.wait(RequestCut("line lost"))


def test_a_cut_upload_is_sent_again_until_there_is_no_patience() -> None:
    line = Line(limit_s=60)
    cuts = CutCount(line.patience)
    with pytest.raises(PermanentError, match=r"given up after .* tries: line lost"):
        cut_again(cuts, 1000)
    assert len(line.waits) >= MOST_CUTS - 1
    assert line.clock.now >= 60


def test_a_cut_upload_is_sent_again_some_times_even_without_patience() -> None:
    line = Line(limit_s=0)
    cuts = CutCount(line.patience)
    with pytest.raises(PermanentError):
        cut_again(cuts, MOST_CUTS)
    assert len(line.waits) == MOST_CUTS - 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0), ("90", 90), ("1.5", 1.5), ("30s", 30), ("30 s", 30), ("10min", 600), ("10m", 600), ("1h", 3600),
        ("1H", 3600), ("1h30min", 5400), ("1 h 30 min", 5400), ("1.5h", 5400), ("2d", 172_800), ("500ms", 0.5),
        (" 45 ", 45),
    ],
)  # fmt: skip
def test_a_length_of_time_is_read(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "-1", "1y", "h", "1h-", "soon", "1e3", "inf", "nan", "1:30", "٣s", "1 30"])
def test_what_is_no_length_of_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="10min"):
        read_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "0.5 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (1e7, "2,777 h 46 min"),
    ],
)
def test_a_length_of_time_is_shown(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text
