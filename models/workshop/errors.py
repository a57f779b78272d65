"""What the workshop's user can put right; everything else that is raised is a fault of ours, and shows as one."""

from dawn_chorus.domain.errors import PermanentError


class BadInput(PermanentError, ValueError):
    """A file, a recipe or an option cannot be worked with; the message says which one, and what to do."""
