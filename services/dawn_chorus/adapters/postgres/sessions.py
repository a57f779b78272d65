"""Sessions of browsers: begun with a key, and never more than that key; only the hash of a session's id is stored.

Like a key the id is 256 random bits, so one round of SHA-256 protects it.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from dawn_chorus.adapters.postgres.api_keys import ApiKey, note_use, read_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries

LIFETIME = timedelta(days=30)
IDLE = timedelta(days=7)
"""Unused for so long, a session ends earlier. Its last use is accurate to about an hour."""
MOST_OF_A_KEY = 1000
"""Sessions of one key at a time; the oldest end for newer ones."""

_sql = load_queries("sessions")
_TIMES = {"lifetime": LIFETIME, "idle": IDLE}


def create_session(database: Database, key: str) -> str | None:
    """Begin a session; return its id, which cannot be read again. None: the key is unknown or revoked."""
    session = secrets.token_urlsafe(32)
    with database.transaction() as connection:
        key_id = _sql.insert_session(connection, sha256=_hash(session), key_sha256=_hash(key))
        if key_id is None:
            return None
        _sql.delete_oldest(connection, key_id=key_id, kept=MOST_OF_A_KEY)
    return session


def find_session(database: Database, session: str) -> ApiKey | None:
    """Return the key of a session and update the times of their last use; None: unknown, ended, or its key revoked."""
    hashed = _hash(session)
    with database.transaction() as connection:
        row = _sql.find_session(connection, sha256=hashed, **_TIMES)
        # As with keys: the timing of the index lookup reveals the hash at most.
        if row is None or not hmac.compare_digest(bytes(row["session_sha256"]), hashed):
            return None
        _sql.update_last_used(connection, sha256=hashed)
        note_use(connection, row["id"])
    return read_key(row)


def delete_session(database: Database, session: str) -> None:
    """End a session; an unknown one is no error."""
    with database.transaction() as connection:
        _sql.delete_session(connection, sha256=_hash(session))


def delete_ended_sessions(database: Database) -> int:
    """Delete the rows of sessions that have ended; return how many."""
    with database.transaction() as connection:
        count: int = _sql.delete_ended(connection, **_TIMES)
    return count


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
