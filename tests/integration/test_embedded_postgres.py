import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.domain.errors import PermanentError

ABANDON = """
import os, sys
from pathlib import Path
from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own, which every session of root closes to all other accounts again."""
    with TemporaryDirectory(prefix="chorus-postgres-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder / "data")
    yield server
    server.stop()


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_data_and_url_outlast_a_restart(server: EmbeddedPostgres) -> None:
    url = server.start()
    assert execute(url, "SHOW server_version_num")[0][0] >= "180000"  # type: ignore[operator]
    execute(url, "CREATE TABLE birds AS SELECT 'wren' AS name")
    server.stop()
    server.stop()
    with pytest.raises(psycopg.OperationalError):
        execute(url, "SELECT 1")
    assert server.start() == url
    assert server.start() == url
    assert execute(url, "TABLE birds") == [("wren",)]


def test_a_server_that_was_killed_comes_back_with_its_data(server: EmbeddedPostgres) -> None:
    url = server.start()
    execute(url, "CREATE TABLE birds AS SELECT 'wren' AS name")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(server.pid)] if psutil.pid_exists(server.pid) else [], timeout=10)
    assert execute(server.start(), "TABLE birds") == [("wren",)]


def test_a_server_left_over_by_a_killed_parent_is_replaced(server: EmbeddedPostgres) -> None:
    parent = subprocess.run(
        [sys.executable, "-c", ABANDON, server.data_dir], stdout=subprocess.PIPE, text=True, check=False
    )
    assert parent.returncode == -signal.SIGKILL
    left_over = int(parent.stdout)
    assert psutil.pid_exists(left_over)
    execute(server.start(), "SELECT 1")
    assert server.pid != left_over


def test_a_number_in_the_pid_file_that_now_belongs_to_another_is_no_obstacle(server: EmbeddedPostgres) -> None:
    server.start()
    pid_file = server.data_dir / "cluster" / "postmaster.pid"
    claim = pid_file.read_text().splitlines()
    server.stop()
    # As after the restart of a container, where numbers begin anew.
    pid_file.write_text("\n".join([str(os.getppid()), *claim[1:]]) + "\n")
    execute(server.start(), "SELECT 1")


def test_one_directory_has_one_server(server: EmbeddedPostgres) -> None:
    server.start()
    with pytest.raises(PermanentError, match="in use by another process"):
        EmbeddedPostgres(server.data_dir).start()
    server.stop()
    with EmbeddedPostgres(server.data_dir) as other:
        execute(other.start(), "SELECT 1")


def test_a_cluster_that_was_left_incomplete_is_made_anew(server: EmbeddedPostgres) -> None:
    incomplete = server.data_dir / "cluster.new"
    incomplete.mkdir(parents=True)
    (incomplete / "PG_VERSION").write_text("18\n")
    execute(server.start(), "SELECT 1")


def test_nobody_gets_in_without_the_password(server: EmbeddedPostgres) -> None:
    url = server.start()
    password = url.partition("chorus:")[2].partition("@")[0]
    with pytest.raises(psycopg.OperationalError, match="password"):
        execute(url.replace(password, "guess"), "SELECT 1")
    assert (server.data_dir / "password").stat().st_mode & 0o077 == 0


def test_a_setting_that_postgres_refuses_is_told_with_its_reason(folder: Path) -> None:
    with pytest.raises(PermanentError, match="shared_buffers"):
        EmbeddedPostgres(folder / "data", options={"shared_buffers": "nonsense"}).start()
