from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from dawn_chorus.adapters.postgres.migrate import MIGRATIONS, migrate, schema_version
from dawn_chorus.domain.errors import TransientError
from tests.servers.postgres import PostgresServer

LATEST = max(path.stem for path in MIGRATIONS.glob("*.sql"))


@pytest.fixture
def empty_url(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.make_database(empty=True)
    yield url
    postgres_server.drop_database(url)


def test_an_empty_database_gets_the_whole_schema_once(empty_url: str) -> None:
    assert schema_version(empty_url) is None
    assert migrate(empty_url)[-1] == LATEST
    assert schema_version(empty_url) == LATEST
    assert migrate(empty_url) == []


def test_of_many_migrating_at_once_one_works_and_the_rest_find_it_done(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [empty_url] * 4))
    assert sorted(len(names) for names in applied) == [0, 0, 0, len(list(MIGRATIONS.glob("*.sql")))]


def test_a_migrator_leaves_no_lock_behind(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


def test_a_server_that_is_away_is_worth_another_try() -> None:
    with pytest.raises(TransientError, match="PostgreSQL"):
        migrate("postgresql://nobody:nothing@127.0.0.1:1/nowhere")
