"""`chorus dead-letters`: list, requeue and discard the messages that no worker could finish."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from dawn_chorus.cli.output import print_error, print_note, show_json, show_table
from dawn_chorus.domain.errors import ChorusError, PermanentError

if TYPE_CHECKING:
    from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters

_ALL = 100_000
app = typer.Typer(help="Segments that no worker could finish: list, requeue, discard.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ids = Annotated[list[UUID] | None, typer.Argument(metavar="[ID…]", help="As `chorus dead-letters list` shows them.")]
Every = Annotated[bool, typer.Option("--all", help="All that were not requeued yet.")]


@app.command("list")
def list_dead_letters(
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 100,
    requeued: Annotated[bool, typer.Option("--requeued", help="Include those that were requeued.")] = False,
    as_json: Json = False,
) -> None:
    """List dead letters, newest first."""
    from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.settings import load_settings

    with open_operations_database(load_settings()) as database:
        dead_letters = PostgresDeadLetters(database).list_dead_letters(limit=limit, requeued=requeued)
    rows = [
        {
            "id": str(dead_letter.id),
            "since": dead_letter.created_at.isoformat(timespec="seconds"),
            "analysis": str(dead_letter.analysis_id or ""),
            "segment": "" if dead_letter.segment_index is None else str(dead_letter.segment_index),
            "reason": dead_letter.reason,
        }
        for dead_letter in dead_letters
    ]
    if as_json:
        show_json(rows)
    elif rows:
        show_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        print_note("no dead letters")


@app.command()
def requeue(ids: Ids = None, *, every: Every = False) -> None:
    """Queue the segments of dead letters again, after the cause has been fixed."""
    _for_each(ids, every=every, done="queued again", act=lambda dead_letters, one_id: dead_letters.requeue(one_id))


@app.command()
def discard(ids: Ids = None, *, every: Every = False) -> None:
    """Delete dead letters that need no retry; their segments stay failed, with the reason."""
    _for_each(ids, every=every, done="discarded", act=lambda dead_letters, one_id: dead_letters.discard(one_id))


def _for_each(
    ids: list[UUID] | None, *, every: bool, done: str, act: Callable[["PostgresDeadLetters", UUID], None]
) -> None:
    """Call `act` for each dead letter; one that fails is reported and the others go on."""
    from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.settings import load_settings

    if bool(ids) == every:
        raise PermanentError("give the ids of dead letters, or --all")
    all_well = True
    with open_operations_database(load_settings()) as database:
        dead_letters = PostgresDeadLetters(database)
        for one_id in ids or [dead_letter.id for dead_letter in dead_letters.list_dead_letters(limit=_ALL)]:
            try:
                act(dead_letters, one_id)
            except ChorusError as error:
                print_error(f"{one_id}: {error}")
                all_well = False
            else:
                print_note(f"{one_id}: {done}")
    if not all_well:
        raise typer.Exit(1)
