import pytest

from dawn_chorus.api.http.limits.rate_limit import RateLimit
from dawn_chorus.api.http.problems import TOO_MANY, Problem


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_too_many_requests_are_refused_with_retry_after() -> None:
    clock = Clock()
    limit = RateLimit(per_s=0.5, burst=2, clock=clock)
    limit.take("station")
    limit.take("station")
    with pytest.raises(Problem) as caught:
        limit.take("station")
    assert (caught.value.kind, caught.value.headers) == (TOO_MANY, {"Retry-After": "2"})
    clock.now_s += 2
    limit.take("station")


def test_clients_have_separate_limits() -> None:
    limit = RateLimit(per_s=1, burst=1, clock=Clock())
    limit.take("a")
    limit.take("b")


def test_the_least_recently_seen_are_dropped_first() -> None:
    limit = RateLimit(per_s=1, burst=1, clock=Clock())
    limit.take("regular")
    for number in range(9_999):
        limit.take(str(number))
    with pytest.raises(Problem):
        limit.take("regular")
