"""Which database the operations work on."""

from collections.abc import Iterator
from contextlib import contextmanager

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.cli.settings import CliSettings
from dawn_chorus.domain.errors import PermanentError


@contextmanager
def open_operations_database(settings: CliSettings) -> Iterator[Database]:
    """Open the database of CHORUS_DATABASE_URL or, without one, that of the embedded service, which must be up."""
    with Database(database_url(settings), max_size=2) as database:
        yield database


def database_url(settings: CliSettings) -> str:
    """Raise PermanentError where there is neither a URL nor an embedded service that runs."""
    if settings.database_url is not None:
        return settings.database_url
    note = settings.database_note
    if not note.exists():
        raise PermanentError(
            f"no database: set CHORUS_DATABASE_URL, or start the service of {settings.data_dir} with `chorus up`"
        )
    return note.read_text().strip()
