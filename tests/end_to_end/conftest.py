"""A service for each test; whatever happened in it, the ledger must be exact afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.ledger import assert_ledger_exact
from tests.end_to_end.service import Service
from tests.packs import write_tone_pack
from tests.servers.postgres import PostgresNode
from tests.servers.rabbitmq import RabbitNode


@pytest.fixture(scope="session")
def packs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs")
    write_tone_pack(folder / "tones")
    return folder


def _open_service(folder: Path, database_url: str, broker_url: str, packs_dir: Path) -> Iterator[Service]:
    service = Service(folder, database_url, broker_url, packs_dir, f"file://{folder}/audio")
    try:
        yield service
        assert_ledger_exact(database_url)
    finally:
        service.close()


@pytest.fixture
def service(tmp_path: Path, database_url: str, broker_url: str, packs_dir: Path) -> Iterator[Service]:
    """Nothing runs in it yet."""
    yield from _open_service(tmp_path, database_url, broker_url, packs_dir)


@pytest.fixture
def service_with_restartable_servers(
    tmp_path: Path,
    restartable_postgres: tuple[PostgresNode, str],
    restartable_broker: tuple[RabbitNode, str],
    packs_dir: Path,
) -> Iterator[Service]:
    """A service whose servers may be stopped and started."""
    yield from _open_service(tmp_path, restartable_postgres[1], restartable_broker[1], packs_dir)
