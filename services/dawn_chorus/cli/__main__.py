"""The `chorus` command."""

import sys

import dawn_chorus.one_blas_thread  # noqa: F401 - before numpy
from dawn_chorus.cli.app import app
from dawn_chorus.cli.output import print_error
from dawn_chorus.domain.errors import ChorusError


def main() -> None:
    """Run a command. Expected errors are printed in one line; a bug ends in a traceback."""
    try:
        app(prog_name="chorus")
    except (ChorusError, OSError) as error:
        print_error(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
