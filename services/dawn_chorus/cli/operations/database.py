"""Opens the database that the operations work on."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.cli.settings import CliSettings
from dawn_chorus.domain.errors import PermanentError


@contextmanager
def open_operations_database(settings: CliSettings) -> Iterator[Database]:
    """Yield the database of CHORUS_DATABASE_URL or, if unset, that of the embedded service, which must be running."""
    with Database(database_url(settings), max_size=2) as database:
        yield database


def database_url(settings: CliSettings) -> str:
    """Return the database's URL. Raises PermanentError if it is unset and no embedded service is running."""
    if settings.database_url is not None:
        return settings.database_url
    url_file = settings.database_url_file
    if not url_file.exists():
        raise PermanentError(
            f"no database: set CHORUS_DATABASE_URL, or start the service of {settings.data_dir} with "
            f"`chorus up --data-dir {shlex.quote(str(settings.data_dir))}`"
        )
    return url_file.read_text().strip()
