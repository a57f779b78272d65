from threading import Event

import pytest

from dawn_chorus.adapters.retrying import Backoff, Stopped, retry_until_stopped


def test_waits_double_up_to_the_limit_and_are_never_close_to_zero() -> None:
    backoff = Backoff(first_s=1.0, most_s=8.0)
    for step_s in (1.0, 2.0, 4.0, 8.0, 8.0, 8.0):
        assert step_s / 2 <= backoff.next_s() <= step_s


def test_a_reset_returns_to_the_first_wait() -> None:
    backoff = Backoff(first_s=1.0, most_s=60.0)
    for _ in range(5):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 1.0


def test_two_clients_do_not_wait_in_step() -> None:
    assert Backoff().next_s() != Backoff().next_s()


def test_a_thousand_failures_are_no_overflow() -> None:
    backoff = Backoff()
    assert max(backoff.next_s() for _ in range(1000)) <= 30.0


def test_a_call_is_repeated_until_it_succeeds_and_each_failure_is_reported() -> None:
    outcomes, reported = [OSError("away"), OSError("still away"), "here"], []

    def call() -> str:
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return str(outcome)

    result = retry_until_stopped(
        call,
        Event(),
        retry_on=(OSError,),
        on_failure=lambda error, wait_s: reported.append((str(error), wait_s)),
        backoff=Backoff(0.001, 0.002),
    )
    assert result == "here"
    assert [error for error, _ in reported] == ["away", "still away"]
    assert all(0.0005 <= wait_s <= 0.002 for _, wait_s in reported)


def test_an_error_of_another_kind_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="wrong"):
        retry_until_stopped(
            lambda: int("wrong"), Event(), retry_on=(OSError,), on_failure=lambda *_: None, backoff=Backoff()
        )


def test_stopping_ends_the_wait() -> None:
    stopping, calls = Event(), []

    def fail() -> None:
        calls.append(1)
        raise OSError

    with pytest.raises(Stopped):
        retry_until_stopped(
            fail, stopping, retry_on=(OSError,), on_failure=lambda *_: stopping.set(), backoff=Backoff(60.0, 60.0)
        )
    with pytest.raises(Stopped):
        retry_until_stopped(fail, stopping, retry_on=(OSError,), on_failure=lambda *_: None, backoff=Backoff())
    assert len(calls) == 1
