"""`chorus dead-letters`: messages that no worker could finish, and another try for them."""

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
LetterIds = Annotated[list[UUID] | None, typer.Argument(metavar="[ID…]", help="As the list shows them.")]
Every = Annotated[bool, typer.Option("--all", help="All that were not requeued yet.")]


@app.command("list")
def list_letters(
    *,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100,
    requeued: Annotated[bool, typer.Option("--requeued", help="Also those that were requeued.")] = False,
    as_json: Json = False,
) -> None:
    """List dead letters, newest first."""
    from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.settings import load_settings

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
        print_note("no dead letters")


@app.command()
def requeue(letter_ids: LetterIds = None, *, every: Every = False) -> None:
    """Queue the segments of dead letters again, once what killed them is mended."""
    _each(letter_ids, every=every, done="queued again", act=lambda letters, letter_id: letters.requeue(letter_id))


@app.command()
def discard(letter_ids: LetterIds = None, *, every: Every = False) -> None:
    """Throw dead letters away that nobody will try again; their segments stay failed, with the reason."""
    _each(letter_ids, every=every, done="thrown away", act=lambda letters, letter_id: letters.discard(letter_id))


def _each(
    letter_ids: list[UUID] | None, *, every: bool, done: str, act: Callable[["PostgresDeadLetters", UUID], None]
) -> None:
    """Do it to each letter; one that cannot be helped is reported and the others go on."""
    from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.settings import load_settings

    if bool(letter_ids) == every:
        raise PermanentError("name the letters, or say --all")
    all_well = True
    with open_operations_database(load_settings()) as database:
        letters = PostgresDeadLetters(database)
        for letter_id in letter_ids or [letter.id for letter in letters.list_dead_letters(limit=_ALL)]:
            try:
                act(letters, letter_id)
            except ChorusError as error:
                print_error(f"{letter_id}: {error}")
                all_well = False
            else:
                print_note(f"{letter_id}: {done}")
    if not all_well:
        raise typer.Exit(1)
