from dawn_chorus.adapters.backoff import Backoff


def test_waits_double_up_to_the_limit_and_are_never_next_to_nothing() -> None:
    backoff = Backoff(first_s=1.0, most_s=8.0)
    for step_s in (1.0, 2.0, 4.0, 8.0, 8.0, 8.0):
        assert step_s / 2 <= backoff.next_s() <= step_s


def test_a_success_begins_anew() -> None:
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
