"""What the tests of the API look at again and again."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from dawn_chorus.adapters.postgres.database import Database


def stored_files(store_dir: Path) -> list[Path]:
    # Folders may go while they are read.
    return [Path(folder) / name for folder, _, names in os.walk(store_dir) for name in names]


def row_count(database: Database, table: str) -> int:
    with database.transaction() as connection:
        row = connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()  # noqa: S608 - our own names
    assert row is not None
    return int(row["n"])


def problem_of(response: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """Check that an answer is a problem, and of this type."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["status"]) == (status, status), response.text
    assert problem["type"] == f"urn:dawn-chorus:problem:{name}"
    assert problem["title"]
    assert problem["detail"]
    return problem


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 30 s"
        time.sleep(0.02)


def is_waiting(database: Database) -> bool:
    """Return whether a transaction waits for a lock."""
    with database.transaction() as connection:
        return bool(connection.execute("SELECT FROM pg_locks WHERE NOT granted").rowcount)
