import pytest

from dawn_chorus.api.http.problems import TOO_MANY, Problem
from dawn_chorus.api.http.rate_limit import RateLimit


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    clock = Clock()
    limit = RateLimit(per_s=0.5, burst=2, clock=clock)
    limit.take("station")
    limit.take("station")
    with pytest.raises(Problem) as caught:
        limit.take("station")
    assert (caught.value.kind, caught.value.headers) == (TOO_MANY, {"Retry-After": "2"})
    clock.now_s += 2
    limit.take("station")


def test_one_client_does_not_use_up_the_share_of_another() -> None:
    limit = RateLimit(per_s=1, burst=1, clock=Clock())
    limit.take("a")
    limit.take("b")


def test_those_unseen_for_longest_are_forgotten_first() -> None:
    limit = RateLimit(per_s=1, burst=1, clock=Clock())
    limit.take("regular")
    for number in range(9_999):
        limit.take(str(number))
    with pytest.raises(Problem):
        limit.take("regular")
