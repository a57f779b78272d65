"""Prints for the user: results on stdout, everything else on stderr, color and progress bars only on a terminal."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.names import displayed, is_control

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_LINE_BREAKS = re.compile(r"[\r\n]\s*")


def print_note(message: str) -> None:
    """Print a status message on stderr."""
    typer.secho(_printable(message), err=True)


def print_warning(message: str) -> None:
    """Print a warning on stderr: something failed and the rest goes on."""
    typer.secho(_printable(f"warning: {message}"), err=True, fg=typer.colors.YELLOW)


def print_error(message: str) -> None:
    """Print an error on stderr, in one line."""
    typer.secho(_printable(f"error: {_LINE_BREAKS.sub(' ', message.strip())}"), err=True, fg=typer.colors.RED)


def print_faults(error: Exception, prefix: str = "") -> None:
    """Print an error on stderr; what is wrong with a model pack has a line for each fault."""
    for fault in faults_of(error):
        print_error(f"{prefix}{fault}")


def faults_of(error: Exception) -> tuple[str, ...]:
    """Return what an error says, as lines."""
    return error.faults if isinstance(error, InvalidPack) else (str(error),)


def _printable(message: str) -> str:
    """Return a message without what a file name may do to a terminal: control characters, bytes that are no text."""
    return "".join("\ufffd" if is_control(char) and char != "\n" else char for char in displayed(message))


def show_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on stdout, limited to the terminal's width; in a file no cell is cut."""
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for row in rows:
        table.add_row(*row)
    console = _stdout_console()
    with console.capture() as text:
        console.print(table)
    for line in text.get().splitlines():
        typer.echo(line.rstrip())


def show_facts(facts: Mapping[str, str]) -> None:
    """Print names and values, one pair per line."""
    show_table(("", ""), facts.items())


def stdout_width() -> int:
    """Return the terminal's width in characters; 100 if stdout is not a terminal."""
    console = _stdout_console()
    return console.width if console.is_terminal else 100


def _stdout_console() -> "Console":
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False, markup=False)
    if not console.is_terminal:
        console.width = 500
    return console


def progress_bar() -> "Progress":
    """Return a progress bar on stderr; it shows nothing unless stderr is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    # By default rich redirects what is printed on stdout to the bar's console, which is stderr.
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True, redirect_stdout=False)
