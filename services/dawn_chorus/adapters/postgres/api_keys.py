"""API keys: shown once, stored hashed.

A key is 256 random bits, so one round of SHA-256 protects it: a slow hash is only needed for secrets that can be
guessed.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.errors import Conflict, NotFound, PermanentError

SCOPES = ("read", "upload", "review", "admin")
_PREFIX_LENGTH = 12

_sql = load_queries("api_keys")


class LockedOut(Conflict):
    """Nobody could make keys any more."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is stored and listed about a key; not the key itself."""

    id: UUID
    name: str
    prefix: str
    """The first characters of the key, by which its owner recognizes it."""
    scopes: frozenset[str]
    """Of `read`, `upload`, `review`, `admin`."""
    created_at: datetime
    last_used_at: datetime | None
    """Accurate to about a minute."""
    revoked_at: datetime | None


def create_key(
    database: Database, name: str, scopes: Collection[str], *, first_is_admin: bool = False
) -> tuple[ApiKey, str]:
    """Create a key; the second value is the key itself, which cannot be read again.

    Raises PermanentError for an unknown scope, or for none. With `first_is_admin` raises LockedOut for the first key of
    all if it may not make others.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise PermanentError(f"scopes are {', '.join(SCOPES)}; requested: {', '.join(sorted(scopes)) or 'none'}")
    key = f"chorus_{secrets.token_urlsafe(32)}"
    with database.transaction() as connection:
        if first_is_admin and "admin" not in scopes:
            _sql.lock_keys(connection)
            if not _sql.any_keys(connection):
                raise LockedOut("The first key needs the scope admin: from then on only such a key can make others")
        row = _sql.insert_key(
            connection, name=name, prefix=key[:_PREFIX_LENGTH], sha256=_hash(key), scopes=sorted(set(scopes))
        )
    return read_key(row), key


def list_keys(database: Database) -> Sequence[ApiKey]:
    """Return all keys, oldest first, revoked ones too."""
    with database.transaction() as connection:
        return [read_key(row) for row in _sql.list_keys(connection)]


def revoke_key(database: Database, key_id: UUID, *, keeps_admin: bool = False) -> ApiKey:
    """Revoke a key permanently, and end its sessions; revoking it again changes nothing. Raises NotFound.

    With `keeps_admin` raises LockedOut for the last key that may make others.
    """
    with database.transaction() as connection:
        if keeps_admin:
            _sql.lock_keys(connection)
            if _sql.is_last_admin(connection, key_id=key_id):
                raise LockedOut(
                    "This is the last key with the scope admin: without it nobody could make keys here. Make another "
                    "one first, or revoke it on the service's own machine with `chorus keys revoke ID`"
                )
        row = _sql.revoke_key(connection, key_id=key_id)
    if row is None:
        raise NotFound(f"no key {key_id}")
    return read_key(row)


def find_key(database: Database, key: str) -> ApiKey | None:
    """Return what is stored about a key and update the time of its last use; None: unknown or revoked."""
    hashed = _hash(key)
    with database.transaction() as connection:
        row = _sql.find_key(connection, sha256=hashed)
        # The timing of the index lookup reveals the hash at most, not the key; the comparison takes constant time.
        if row is None or not hmac.compare_digest(bytes(row["sha256"]), hashed):
            return None
        note_use(connection, row["id"])
    return read_key(row)


def note_use(connection: Connection, key_id: UUID) -> None:
    """Update the time of a key's last use, within the caller's transaction."""
    _sql.update_last_used(connection, key_id=key_id)


def any_keys(database: Database) -> bool:
    """Return whether a key was ever created, revoked ones included."""
    with database.transaction() as connection:
        return bool(_sql.any_keys(connection))


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def read_key(row: Row) -> ApiKey:
    """Return the key of a row with the columns of `api_keys`."""
    return ApiKey(
        id=row["id"],
        name=row["name"],
        prefix=row["prefix"],
        scopes=frozenset(row["scopes"]),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
