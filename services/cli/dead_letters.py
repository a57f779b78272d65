"""`chorus dead-letters`: messages that no worker could finish, and another try for them."""

from typing import Annotated
from uuid import UUID

import typer

from services.cli.output import complain, say, show_json, show_table
from services.domain.errors import ChorusError, PermanentError

app = typer.Typer(help="Segments that no worker could finish: list, requeue.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_letters(
    *,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100,
    requeued: Annotated[bool, typer.Option("--requeued", help="Also those that were requeued.")] = False,
    as_json: Json = False,
) -> None:
    """List dead letters, newest first."""
    from services.adapters.postgres.dead_letters import PostgresDeadLetters
    from services.cli.database import open_operations_database
    from services.cli.settings import load_settings

    with open_operations_database(load_settings()) as database:
        letters = PostgresDeadLetters(database).list_dead_letters(limit=limit, requeued=requeued)
    rows = [
        {
            "id": str(letter.id),
            "since": letter.created_at.isoformat(timespec="seconds"),
            "analysis": str(letter.analysis_id or ""),
            "segment": "" if letter.segment_index is None else str(letter.segment_index),
            "reason": letter.reason,
        }
        for letter in letters
    ]
    if as_json:
        show_json(rows)
    elif rows:
        show_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        say("no dead letters")


@app.command()
def requeue(
    letter_ids: Annotated[list[UUID] | None, typer.Argument(metavar="[ID…]", help="As the list shows them.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that were not requeued yet.")] = False,
) -> None:
    """Queue the segments of dead letters again, once what killed them is mended."""
    from services.adapters.postgres.dead_letters import PostgresDeadLetters
    from services.cli.database import open_operations_database
    from services.cli.settings import load_settings

    if bool(letter_ids) == every:
        raise PermanentError("name the letters to requeue, or say --all")
    all_well = True
    with open_operations_database(load_settings()) as database:
        letters = PostgresDeadLetters(database)
        for letter_id in letter_ids or [letter.id for letter in letters.list_dead_letters(limit=100_000)]:
            try:
                letters.requeue(letter_id)
            except ChorusError as error:
                complain(f"{letter_id}: {error}")
                all_well = False
            else:
                say(f"{letter_id}: queued again")
    if not all_well:
        raise typer.Exit(1)
