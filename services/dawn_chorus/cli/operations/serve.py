"""`chorus api`, `relay`, `worker` and `migrate`: the deployables, configured by `CHORUS_…` variables."""

import runpy


def api() -> None:
    """Serve the HTTP API (CHORUS_HOST, CHORUS_PORT, CHORUS_DATABASE_URL, CHORUS_STORE_URL …)."""
    _run("dawn_chorus.api")


def relay() -> None:
    """Publish segments to RabbitMQ and store its dead letters (CHORUS_DATABASE_URL, CHORUS_BROKER_URL …)."""
    _run("dawn_chorus.relay")


def worker() -> None:
    """Analyze segments from RabbitMQ (CHORUS_PACKS_DIR, CHORUS_DEVICE, CHORUS_DATABASE_URL, CHORUS_BROKER_URL …)."""
    _run("dawn_chorus.worker")


def migrate() -> None:
    """Update the database's schema to this version, if it is not up to date (CHORUS_DATABASE_URL)."""
    from dawn_chorus.adapters.postgres.migrate import migrate as migrate_database
    from dawn_chorus.cli.operations.database import database_url
    from dawn_chorus.cli.output import print_note
    from dawn_chorus.cli.settings import load_settings

    applied = migrate_database(database_url(load_settings()))
    print_note(f"applied {', '.join(applied)}" if applied else "the schema is up to date")


def _run(package: str) -> None:
    """Run a package as `python -m` does: only its own `__main__` wires a deployable."""
    runpy.run_module(package, run_name="__main__", alter_sys=True)
