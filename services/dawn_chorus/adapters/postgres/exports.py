"""Exports that are made in the background: who asked for what, who makes it, and where the file lies until it expires.

Whoever makes one holds a lease on its row (`export_making`). The file is listed in `audio_to_delete` from before its
first byte on, and stays there: once the export has expired, it is deleted as all orphaned bytes are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from dawn_chorus.adapters.postgres.cursors import Page, read_id_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.errors import NotFound

_sql = load_queries("exports")
_FORGOTTEN_AFTER_S = 30 * 86_400.0
"""A row says so long what became of an export."""


class ExportState(StrEnum):
    """States of an export, in the order in which it passes through them; the last three are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


UNFINISHED = (ExportState.WAITING, ExportState.RUNNING)


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was asked for."""

    id: UUID
    format: str
    request: Mapping[str, Any]
    """The body of the request, as JSON."""
    asked_by: str
    address: str
    """Where the service was found, for links to recordings, as `https://chorus.example.org`; empty: it is not known."""
    state: ExportState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    """When a file that is ready is given up."""
    items_total: int | None
    """Rows or clips that it is made of; None: not known yet."""
    items_done: int
    items_left_out: int
    attempts: int
    store_key: str | None
    filename: str | None
    size_bytes: int | None
    error: str | None


class TooManyExports(Exception):
    """As many exports as may be are waiting, or kept."""

    def __init__(self, message: str, *, own: bool) -> None:
        super().__init__(message)
        self.own = own
        """Whether they are of the one who asks."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many exports there may be."""

    unfinished: int
    """Of all who ask, together."""
    own_unfinished: int
    own_ready: int


def create_export(
    database: Database, form: str, request: Mapping[str, Any], asked_by: str, address: str, bounds: Bounds
) -> Export:
    """Write the row of an export that waits. Raises TooManyExports."""
    asked = {"format": form, "request": Jsonb(request), "asked_by": asked_by, "address": address}
    with database.transaction() as connection:
        _sql.let_one_ask(connection)
        _check(_sql.count_exports(connection, asked_by=asked_by), bounds)
        return read_export(_sql.create_export(connection, **asked))


def _check(counts: Row, bounds: Bounds) -> None:
    if counts["own_unfinished"] >= bounds.own_unfinished:
        raise TooManyExports(
            f"{bounds.own_unfinished} of your exports are being made: wait for one, or remove it", own=True
        )
    if counts["own_ready"] >= bounds.own_ready:
        raise TooManyExports(f"{bounds.own_ready} of your exports are kept: delete some of them first", own=True)
    if counts["unfinished"] >= bounds.unfinished:
        raise TooManyExports("as many exports as may wait are waiting: try again later", own=False)


def get_export(database: Database, export_id: UUID) -> Export:
    """Raise NotFound if there is none, or no longer."""
    with database.statement() as connection:
        row = _sql.get_export(connection, export_id=export_id)
    if row is None:
        raise NotFound(f"no export {export_id}")
    return read_export(row)


def get_exports(database: Database, export_ids: Sequence[UUID]) -> Sequence[Export]:
    """Return those that are there, in the order of their ids."""
    with database.statement() as connection:
        return [read_export(row) for row in _sql.get_exports(connection, export_ids=list(export_ids))]


def list_exports(database: Database, *, limit: int, cursor: str | None = None) -> Page[Export]:
    """Return a page of exports, newest first. Raises InvalidCursor."""
    before_id = read_id_cursor(cursor)
    with database.statement() as connection:
        rows = list(_sql.list_exports(connection, before_id=before_id, n=limit + 1))
    items = tuple(read_export(row) for row in rows[:limit])
    return Page(items, write_cursor(str(items[-1].id)) if len(rows) > limit else None)


def remove_export(database: Database, export_id: UUID) -> None:
    """Remove an export and its file; whoever makes it finds out when the lease is renewed, and stops."""
    with database.transaction() as connection:
        _sql.remove_export(connection, export_id=export_id)


def expire_exports(database: Database) -> int:
    """End exports whose time is over, and forget those that ended long ago; return how many expired."""
    with database.transaction() as connection:
        expired: int = _sql.expire_exports(connection)
        _sql.forget_exports(connection, kept_s=_FORGOTTEN_AFTER_S)
    return expired


def count_exports(database: Database) -> Mapping[ExportState, int]:
    """Return how many exports are in each state."""
    with database.statement() as connection:
        found = {row["state"]: row["n"] for row in _sql.count_states(connection)}
    return {state: found.get(state, 0) for state in ExportState}


def read_export(row: Row) -> Export:
    named = {name: row[name] for name in Export.__slots__}
    return Export(**named | {"state": ExportState(row["state"])})
