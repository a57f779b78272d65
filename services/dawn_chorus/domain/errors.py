"""Errors tell the policy: what is to be done, not only what went wrong.

A transient error is worth another try and goes to the retry queue; a permanent one is written down with its reason
and never tried again by itself. Adapters translate the outside world's errors into these two at the edge.
"""


class ChorusError(Exception):
    """Something went wrong; the message says what, and what to do."""


class TransientError(ChorusError):
    """The same call may succeed later: a server is down, a network is slow."""


class OutdatedWork(TransientError):
    """What the work was based on changed meanwhile: the same result will never do, the same work done anew will."""


class PermanentError(ChorusError):
    """The same call can never succeed: the reason is kept with the work and the work is not repeated."""


class UndecodableAudio(PermanentError):
    """No decoder makes sound of these bytes; the message names the stretch, in seconds, and the cause."""


class NotAudio(UndecodableAudio):
    """The bytes are no audio at all (text, an archive, an image)."""


class EmptyAudio(UndecodableAudio):
    """An audio file with nothing in it."""


class InvalidPack(PermanentError):
    """A model pack breaks its contract; the message names the file and the field."""


class UnknownPack(PermanentError):
    """No such pack is installed here; the message lists those that are."""


class DeviceUnavailable(PermanentError):
    """The device asked for cannot run the pack; there is no fallback to another."""


class UnknownMessage(PermanentError):
    """A message that this version cannot read; it belongs with the dead letters, unharmed."""


class NotFound(PermanentError):
    """No such thing here, or no longer."""


class Conflict(PermanentError):
    """The state of things forbids this; the message names the state."""


class AudioRemoved(Conflict):
    """The recording's audio is gone from the store, on purpose; the message says since when, and what to do."""


class InvalidCursor(PermanentError):
    """A cursor that no page gave."""


class BelowFloor(PermanentError):
    """A threshold asks for scores that were not stored; the message names the floor."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field
        """Which threshold."""
