import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dawn_chorus.adapters.postgres.api_keys import ApiKey
from dawn_chorus.api.key_cache import KeyCache
from dawn_chorus.domain.errors import TransientError


class Keys:
    """Keys as the database has them; counts the questions. `now_s` is the clock of the cache."""

    def __init__(self) -> None:
        self.known: dict[str, ApiKey] = {}
        self.asked: list[str] = []
        self.is_unavailable = False
        self.now_s = 0.0

    def add(self, key: str) -> ApiKey:
        self.known[key] = ApiKey(uuid4(), "station", "chorus_", frozenset({"read"}), datetime.now(UTC), None, None)
        return self.known[key]

    def find(self, key: str) -> ApiKey | None:
        self.asked.append(key)
        if self.is_unavailable:
            raise TransientError("PostgreSQL is unavailable")
        return self.known.get(key)

    def any_keys(self) -> bool:
        self.asked.append("any")
        return bool(self.known)

    def cache(self, ttl_s: float = 5.0) -> KeyCache:
        return KeyCache(self.find, self.any_keys, ttl_s, clock=lambda: self.now_s)


def run(steps: Callable[[Keys], Awaitable[None]]) -> None:
    async def body() -> None:
        await steps(Keys())

    asyncio.run(body())


def test_a_key_in_use_is_looked_up_once_in_its_time() -> None:
    async def steps(keys: Keys) -> None:
        cache, added = keys.cache(), keys.add("a")
        for _ in range(100):
            assert await cache.find("a") == added
        assert keys.asked == ["a"]
        keys.now_s = 5.0
        await cache.find("a")
        assert keys.asked == ["a", "a"]

    run(steps)


def test_requests_with_one_key_share_one_look_up() -> None:
    async def steps(keys: Keys) -> None:
        cache, added = keys.cache(), keys.add("a")
        assert await asyncio.gather(*(cache.find("a") for _ in range(20))) == [added] * 20
        assert keys.asked == ["a"]

    run(steps)


def test_a_client_that_goes_away_takes_no_answer_from_others() -> None:
    async def steps(keys: Keys) -> None:
        cache, added = keys.cache(), keys.add("a")
        first, second = (asyncio.create_task(cache.find("a")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == added

    run(steps)


def test_a_revoked_key_works_no_longer_than_its_look_up() -> None:
    async def steps(keys: Keys) -> None:
        cache = keys.cache()
        keys.add("a")
        await cache.find("a")
        del keys.known["a"]
        keys.now_s = 4.9
        assert await cache.find("a") is not None
        keys.now_s = 5.0
        assert await cache.find("a") is None
        assert cache.recall("a") is None

    run(steps)


def test_an_unknown_key_is_not_remembered_so_a_new_one_works_at_once() -> None:
    async def steps(keys: Keys) -> None:
        cache = keys.cache()
        assert await cache.find("a") is None
        added = keys.add("a")
        assert await cache.find("a") == added

    run(steps)


def test_a_key_is_recalled_for_its_limit_after_its_time_and_while_the_database_is_away() -> None:
    async def steps(keys: Keys) -> None:
        cache, added = keys.cache(), keys.add("a")
        assert cache.recall("a") is None
        await cache.find("a")
        keys.now_s, keys.is_unavailable = 60.0, True
        assert cache.recall("a") == added
        with pytest.raises(TransientError):
            await cache.find("a")
        keys.is_unavailable = False
        assert await cache.find("a") == added

    run(steps)


def test_the_first_key_closes_the_service_within_the_time_and_for_good() -> None:
    async def steps(keys: Keys) -> None:
        cache = keys.cache()
        assert not await cache.any_exist()
        keys.add("a")
        assert not await cache.any_exist()
        keys.now_s = 5.0
        assert await cache.any_exist()
        keys.known.clear()
        keys.now_s = 100.0
        assert await cache.any_exist()
        assert keys.asked == ["any", "any"]

    run(steps)


def test_whoever_comes_with_a_key_closes_the_service_at_once() -> None:
    async def steps(keys: Keys) -> None:
        cache = keys.cache()
        assert not await cache.any_exist()
        keys.add("a")
        await cache.find("a")
        assert await cache.any_exist()

    run(steps)


def test_the_longest_unused_keys_are_dropped_first() -> None:
    async def steps(keys: Keys) -> None:
        cache = keys.cache(ttl_s=1e6)
        for number in range(10_001):
            keys.add(str(number))
            await cache.find(str(number))
            if number == 9_999:
                await cache.find("0")
        assert cache.recall("0") is not None
        assert cache.recall("1") is None
        assert cache.recall("2") is not None

    run(steps)
