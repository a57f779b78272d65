"""Which workers are there: each one notes it every few seconds, so that a service without any can say so."""

from uuid import uuid4

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries

_sql = load_queries("workers")


class PostgresPresence:
    """The row of one worker, which has an id of its own: two may share a name. Safe to call from any thread.

    Raises PermanentError where the schema is older than the worker.
    """

    def __init__(self, database: Database, name: str, pack: str) -> None:
        self._database, self._name, self._pack = database, name, pack
        self._id = uuid4()

    def note(self) -> None:
        """Announce that it is there."""
        with self._database.statement() as connection:
            _sql.note(connection, worker_id=self._id, name=self._name, pack_name=self._pack)

    def forget(self) -> None:
        """Withdraw what was announced."""
        with self._database.statement() as connection:
            _sql.forget(connection, worker_id=self._id)
