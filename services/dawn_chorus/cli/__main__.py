"""The `chorus` command."""

import io
import os
import sys

import dawn_chorus.one_blas_thread  # noqa: F401 - before numpy
from dawn_chorus.cli.app import app
from dawn_chorus.cli.output import print_faults
from dawn_chorus.domain.errors import ChorusError


def main() -> None:
    """Run a command. Expected errors are printed, a line for each; a bug ends in a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal's encoding lacks is shown with question marks: it must not end the command.
        sys.stdout.reconfigure(errors="replace")
    try:
        app(prog_name="chorus")
    except (ChorusError, OSError) as error:
        print_faults(error)
        _give_up_output()
        sys.exit(1)


def _give_up_output() -> None:
    """Flush stdout while it takes anything; where it is full or closed, let Python not try and complain at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
