"""`chorus keys`: create, list and revoke API keys. Once a key exists, the service requires one."""

from typing import Annotated
from uuid import UUID

import typer

from dawn_chorus.cli.output import print_note, show_json, show_table

app = typer.Typer(help="API keys: create, list, revoke.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what uses it, to tell keys apart.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help="read, upload, review or admin; repeatable; default: read and upload."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a key and print it. Only its hash is stored, so it cannot be shown again."""
    from dawn_chorus.adapters.postgres.api_keys import create_key
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.settings import load_settings

    with open_operations_database(load_settings()) as database:
        key, secret = create_key(database, name, scope or ["read", "upload"])
    if as_json:
        show_json({"id": str(key.id), "name": key.name, "scopes": list(key.scopes), "key": secret})
    else:
        print_note(f"key {key.id} for {key.name} ({', '.join(key.scopes)}); it is shown only this once:")
        typer.echo(secret)


@app.command("list")
def list_keys(*, as_json: Json = False) -> None:
    """List all keys, including revoked ones."""
    from dawn_chorus.adapters.postgres import api_keys as stored
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
        print_note("no keys: anyone on this machine can use the service")


@app.command()
def revoke(key_id: Annotated[UUID, typer.Argument(metavar="ID", help="Id from `chorus keys list`.")]) -> None:
    """Revoke a key, permanently and at once; its sessions in browsers end with it."""
    from dawn_chorus.adapters.postgres.api_keys import revoke_key
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.settings import load_settings

    with open_operations_database(load_settings()) as database:
        key = revoke_key(database, key_id)
    print_note(f"the key of {key.name} is revoked")
