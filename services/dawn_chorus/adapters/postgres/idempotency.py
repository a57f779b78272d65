"""Idempotency keys: the first response to a key is stored and returned again."""

from dataclasses import dataclass
from uuid import UUID

from psycopg.types.json import Jsonb

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row

_sql = load_queries("idempotency")


@dataclass(frozen=True, slots=True)
class Response:
    """A stored response."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer the first request with a key."""

    key: str
    token: UUID


@dataclass(frozen=True, slots=True)
class KeyMismatch:
    """The key was used before, for another request."""


@dataclass(frozen=True, slots=True)
class KeyInProgress:
    """The first request with this key is still running."""


def claim_key(
    database: Database, key: str, fingerprint: str, *, ttl_s: float = 86_400.0, lease_s: float = 15.0
) -> Claim | Response | KeyMismatch | KeyInProgress:
    """Claim the key; return the Claim, or the stored response, or why the key is not free.

    Of concurrent calls, one gets the Claim. Callers put the owner into the key, so that keys of two owners never
    collide. A claim that is not renewed within `lease_s` (its process died) can be claimed again; a response is stored
    for `ttl_s`.
    """
    while True:
        with database.statement() as connection:
            token = _sql.claim(connection, key=key, fingerprint=fingerprint, ttl_s=ttl_s, lease_s=lease_s)
            if token is not None:
                return Claim(key, token)
            row = _sql.get_key(connection, key=key)
            # None: the key was released meanwhile and is free again.
            if row is not None:
                return _read_row(row, fingerprint)


def _read_row(row: Row, fingerprint: str) -> Response | KeyMismatch | KeyInProgress:
    if row["fingerprint"] != fingerprint:
        return KeyMismatch()
    if row["status"] is None:
        return KeyInProgress()
    return Response(row["status"], row["headers"], bytes(row["body"]))


def complete_claim(database: Database, claim: Claim, response: Response) -> None:
    """Store the response. If the claim expired and was claimed by another request, nothing is changed."""
    with database.statement() as connection:
        _sql.complete(
            connection,
            key=claim.key,
            claim=claim.token,
            status=response.status,
            headers=Jsonb(response.headers),
            body=response.body,
        )


def renew_claim(database: Database, claim: Claim, *, lease_s: float) -> None:
    """Hold the key for another `lease_s`, as its request is still running."""
    with database.transaction() as connection:
        _sql.renew(connection, key=claim.key, claim=claim.token, lease_s=lease_s)


def release_claim(database: Database, claim: Claim) -> None:
    """Release the key after a failure, so that the request can be repeated."""
    with database.statement() as connection:
        _sql.release(connection, key=claim.key, claim=claim.token)


def release_all_claims(database: Database) -> None:
    """Release all keys without a response: for whoever knows that no API is running."""
    with database.transaction() as connection:
        _sql.release_all(connection)


def prune_responses(database: Database) -> int:
    """Delete expired keys; return how many."""
    with database.transaction() as connection:
        return int(_sql.prune(connection))
