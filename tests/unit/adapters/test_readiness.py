"""Whether all is there is found out once for all who ask."""

from concurrent.futures import Future
from threading import Event, Thread

import pytest

from dawn_chorus.adapters.readiness import Findings, Readiness
from dawn_chorus.domain.errors import TransientError


class Server:
    """Counts how often it is asked, and answers when it is let."""

    def __init__(self) -> None:
        self.asked, self.answers = 0, Event()
        self.answers.set()
        self.error: Exception | None = None

    def check(self) -> None:
        self.asked += 1
        self.answers.wait(30)
        if self.error:
            raise self.error


def test_one_round_serves_all_who_ask_while_it_runs_and_soon_after() -> None:
    server = Server()
    server.answers.clear()
    readiness = Readiness({"store": server.check}, fresh_s=3600)
    asked = [readiness.ask() for _ in range(1000)]
    assert not asked[0].done()
    server.answers.set()
    assert [each.result(30) for each in asked] == [{"store": None}] * 1000
    assert readiness.ask().result(30) == {"store": None}
    assert server.asked == 1


def test_an_old_answer_is_not_given_again() -> None:
    server = Server()
    readiness = Readiness({"store": server.check}, fresh_s=0)
    assert readiness.ask().result(30) == {"store": None}
    server.error = TransientError("the disk is full")
    assert readiness.ask().result(30) == {"store": "the disk is full"}
    server.error = None
    assert readiness.ask().result(30) == {"store": None}
    assert server.asked == 3


def test_each_check_is_run_though_another_fails() -> None:
    down, up = Server(), Server()
    down.error = TransientError("no answer")
    assert Readiness({"database": down.check, "store": up.check}).ask().result(30) == {
        "database": "no answer", "store": None,
    }  # fmt: skip


def test_whoever_gives_up_waiting_takes_the_answer_from_nobody() -> None:
    server = Server()
    server.answers.clear()
    readiness = Readiness({"store": server.check})
    first: Future[Findings] = readiness.ask()
    assert not first.cancel()
    server.answers.set()
    assert readiness.ask().result(30) == {"store": None}


def test_a_bug_in_a_check_is_raised_and_the_next_round_runs() -> None:
    server = Server()
    server.error = ZeroDivisionError("a bug")
    readiness = Readiness({"store": server.check}, fresh_s=0)
    with pytest.raises(ZeroDivisionError):
        readiness.ask().result(30)
    server.error = None
    assert readiness.ask().result(30) == {"store": None}


def test_where_no_thread_could_be_started_the_next_to_ask_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    readiness = Readiness({"store": Server().check})
    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            readiness.ask()
    assert readiness.ask().result(30) == {"store": None}
