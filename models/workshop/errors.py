"""The error for mistakes of the user; any other exception is a bug and ends in a traceback."""

from dawn_chorus.domain.errors import PermanentError


class BadInput(PermanentError, ValueError):
    """A file, a recipe or an option is invalid; the message says which one, and what to do."""
