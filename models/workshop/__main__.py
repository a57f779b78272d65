"""`python -m models.workshop`: from recordings to packs."""

import sys
from collections.abc import Sequence

import typer

from dawn_chorus.domain.errors import ChorusError
from models.workshop.app import app


def main(words: Sequence[str] | None = None) -> None:
    """Run a command; what the user can put right is told in one line, a fault of ours in a traceback."""
    try:
        app(words, prog_name="python -m models.workshop")
    except (ChorusError, OSError) as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
