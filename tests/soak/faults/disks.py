"""Disks that are full for a while."""

import random
from contextlib import suppress

import psycopg

from dawn_chorus.domain.errors import PermanentError
from tests.soak.stack import Stack


def fill_audio(stack: Stack, rng: random.Random) -> None:
    _fill(stack, "audio", rng)


def fill_cache(stack: Stack, rng: random.Random) -> None:
    _fill(stack, "cache", rng)


def _fill(stack: Stack, name: str, rng: random.Random) -> None:
    disk = stack.disks[name]
    try:
        disk.fill()
        stack.hold(rng.uniform(2.0, 8.0))
    finally:
        disk.empty()


def fill_database(stack: Stack, rng: random.Random) -> None:
    """PostgreSQL may refuse to write, or end: whoever looks after it makes room and starts it again."""
    _fill(stack, "database", rng)
    if not _answers(stack):
        with suppress(PermanentError):
            stack.postgres.kill()
        stack.postgres.start()


def _answers(stack: Stack) -> bool:
    try:
        with psycopg.connect(stack.database_url, connect_timeout=5) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True
