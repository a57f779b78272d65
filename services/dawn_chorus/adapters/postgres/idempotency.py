"""Idempotency keys: the first answer is kept and given again."""

from dataclasses import dataclass
from uuid import UUID

from psycopg.types.json import Jsonb

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row

_sql = load_queries("idempotency")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer kept to be given again."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer a request for the first time."""

    key: str
    token: UUID


@dataclass(frozen=True, slots=True)
class KeyMismatch:
    """The key was used before, for another request."""


@dataclass(frozen=True, slots=True)
class KeyInProgress:
    """The first request with this key is still running."""


def claim_key(
    database: Database, key: str, fingerprint: str, *, ttl_s: float = 86_400.0, lease_s: float = 900.0
) -> Claim | Response | KeyMismatch | KeyInProgress:
    """Claim the key, or say why not; of two at once, one gets the Claim.

    Callers put the owner into the key, so that two owners' keys never meet. A claim neither completed nor released
    within `lease_s` (its process died) can be claimed again; an answer is kept for `ttl_s`.
    """
    while True:
        with database.transaction() as connection:
            token = _sql.claim(connection, key=key, fingerprint=fingerprint, ttl_s=ttl_s, lease_s=lease_s)
            if token is not None:
                return Claim(key, token)
            kept = _sql.get_kept(connection, key=key)
            # Released in the meantime: then it is free.
            if kept is not None:
                return _read_kept(kept, fingerprint)


def _read_kept(kept: Row, fingerprint: str) -> Response | KeyMismatch | KeyInProgress:
    if kept["fingerprint"] != fingerprint:
        return KeyMismatch()
    if kept["status"] is None:
        return KeyInProgress()
    return Response(kept["status"], kept["headers"], bytes(kept["body"]))


def complete_claim(database: Database, claim: Claim, response: Response) -> None:
    """Keep the answer. A claim that was lost to another changes nothing."""
    with database.transaction() as connection:
        _sql.complete(
            connection,
            key=claim.key,
            claim=claim.token,
            status=response.status,
            headers=Jsonb(response.headers),
            body=response.body,
        )


def release_claim(database: Database, claim: Claim) -> None:
    """Return the key up after a failure, so that the request can be made again."""
    with database.transaction() as connection:
        _sql.release(connection, key=claim.key, claim=claim.token)


def prune_keys(database: Database) -> int:
    """Delete what has expired; return how many."""
    with database.transaction() as connection:
        return int(_sql.prune(connection))
