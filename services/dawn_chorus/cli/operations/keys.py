"""`chorus keys`: who may use the service. Once a key is made, one is asked for."""

from typing import Annotated
from uuid import UUID

import typer

from dawn_chorus.cli.output import print_note, show_json, show_table

app = typer.Typer(help="API keys: create, list, revoke.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose it is, to tell keys apart.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help="read, upload or admin; repeatable; default: the first two."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it: it is kept hashed, so nobody can look it up again."""
    from dawn_chorus.adapters.postgres.keys import create_key
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.settings import load_settings

    with open_operations_database(load_settings()) as database:
        key, secret = create_key(database, name, scope or ["read", "upload"])
    if as_json:
        show_json({"id": str(key.id), "name": key.name, "scopes": list(key.scopes), "key": secret})
    else:
        print_note(f"key {key.id} for {key.name} ({', '.join(key.scopes)}); it is shown this once:")
        typer.echo(secret)


@app.command("list")
def list_keys(*, as_json: Json = False) -> None:
    """List all keys, revoked ones too."""
    from dawn_chorus.adapters.postgres import keys as stored
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.settings import load_settings

    with open_operations_database(load_settings()) as database:
        keys = stored.list_keys(database)
    rows = [
        {
            "id": str(key.id),
            "name": key.name,
            "begins": key.prefix,
            "scopes": ", ".join(sorted(key.scopes)),
            "made": f"{key.created_at:%Y-%m-%d}",
            "last used": f"{key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never",
            "revoked": f"{key.revoked_at:%Y-%m-%d}" if key.revoked_at else "",
        }
        for key in keys
    ]
    if as_json:
        show_json(rows)
    elif rows:
        show_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        print_note("no keys: whoever reaches the service from this machine may use it")


@app.command()
def revoke(key_id: Annotated[UUID, typer.Argument(metavar="ID", help="As `chorus keys list` shows it.")]) -> None:
    """Revoke a key, for good and at once."""
    from dawn_chorus.adapters.postgres.keys import revoke_key
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.settings import load_settings

    with open_operations_database(load_settings()) as database:
        key = revoke_key(database, key_id)
    print_note(f"the key of {key.name} is revoked")
