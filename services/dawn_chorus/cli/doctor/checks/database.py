"""The database: whether it answers, has the schema of this version, and takes writes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dawn_chorus.cli.doctor.checks.sizes import format_bytes
from dawn_chorus.cli.doctor.findings import Finding, ok, skipped, warning, wrong
from dawn_chorus.cli.doctor.installation import WAIT_S, Form, Installation
from dawn_chorus.domain.errors import ChorusError

if TYPE_CHECKING:
    from dawn_chorus.adapters.postgres.inspection import DatabaseFacts

_FULL = 0.8
"""The share of `max_connections` from which on the alert DatabaseConnectionsRunOut fires."""


def why_no_database(installation: Installation) -> str:
    """Return why there is no URL of a database."""
    if installation.form is Form.SERVERS:
        return "CHORUS_DATABASE_URL is not set"
    if installation.form is Form.ALONE:
        return "no service was started here"
    return f"the service of {installation.settings.data_dir} is not running (`{installation.command('chorus up')}`)"


def look_at_database(installation: Installation) -> Sequence[Finding]:
    url = installation.database_url
    if url is None:
        return [skipped("database", why_no_database(installation))]
    from dawn_chorus.adapters.postgres.inspection import inspect_database

    try:
        facts = inspect_database(url, wait_s=WAIT_S)
    except ChorusError as error:
        return [wrong("database", f"{error}; {_advise(installation, str(error))}")]
    return [_describe(facts), *_judge_schema(facts), *_judge_server(facts)]


def _advise(installation: Installation, message: str) -> str:
    if installation.form is Form.EMBEDDED:
        start = installation.command("chorus up")
        return f"was the service of {installation.settings.data_dir} killed? start it again: `{start}`"
    if "password" in message:
        return "the password in CHORUS_DATABASE_URL is not the server's: see Secrets in deploy/README.md"
    return "is it up, and CHORUS_DATABASE_URL right? `docker compose ps --all postgres`, `docker compose logs postgres`"


def _describe(facts: "DatabaseFacts") -> Finding:
    schema = facts.schema.partition("_")[0] if facts.schema else "none"
    return ok(
        "database",
        f"PostgreSQL {facts.version}, schema {schema}, {format_bytes(facts.size_bytes)}, "
        f"{facts.latency_s * 1000:.1f} ms",
    )


def _judge_schema(facts: "DatabaseFacts") -> Iterator[Finding]:
    if facts.schema is None or facts.schema < facts.needed:
        yield wrong(
            "database",
            f"the schema is at {facts.schema or 'nothing'}, this version needs {facts.needed}: run `chorus migrate` "
            "(`docker compose up migrate`)",
        )
    elif facts.schema > facts.needed:
        yield warning(
            "database",
            f"the schema is at {facts.schema}, newer than this program, which knows {facts.needed}: upgrade it",
        )


def _judge_server(facts: "DatabaseFacts") -> Iterator[Finding]:
    if facts.is_read_only:
        yield wrong(
            "database", "it takes no writes: a standby, or set read-only; let CHORUS_DATABASE_URL name the primary"
        )
    if facts.connections > _FULL * facts.max_connections:
        yield warning(
            "database",
            f"{facts.connections} of {facts.max_connections} connections are in use: raise max_connections, or see "
            "DatabaseConnectionsRunOut in deploy/README.md",
        )
