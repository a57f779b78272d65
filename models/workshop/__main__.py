"""`python -m models.workshop`: the command line, from recordings to packs."""

import sys
from collections.abc import Sequence

import typer

from dawn_chorus.domain.errors import ChorusError
from models.workshop.app import app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a user error is printed in one line and exits with 1, any other exception is a traceback."""
    try:
        app(arguments, prog_name="python -m models.workshop")
    except (ChorusError, OSError) as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
