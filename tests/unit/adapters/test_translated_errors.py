"""What the database's errors are called: an engineer must not look for an outage where there is none."""

import psycopg
import pytest
from psycopg import errors

from dawn_chorus.adapters.postgres.database import translated_errors
from dawn_chorus.domain.errors import TransientError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.OperationalError("connection refused"), "PostgreSQL is unavailable: connection refused"),
        (errors.AdminShutdown("terminating connection"), "PostgreSQL is unavailable"),
        (errors.CannotConnectNow("the database system is starting up"), "PostgreSQL is unavailable"),
        (errors.TooManyConnections("too many clients already"), "PostgreSQL is unavailable"),
        (errors.DeadlockDetected("deadlock detected"), "PostgreSQL broke off the transaction: deadlock detected"),
        (errors.DiskFull("could not extend file"), "PostgreSQL broke off the transaction: could not extend file"),
        (errors.SerializationFailure("could not serialize access"), "PostgreSQL broke off the transaction"),
    ],
)
def test_only_a_server_that_cannot_be_reached_is_unavailable(error: psycopg.Error, words: str) -> None:
    with pytest.raises(TransientError, match=words), translated_errors():
        raise error
