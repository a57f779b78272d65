"""The errors of the project. Their class is the policy: whether to retry.

A transient error is retried through the retry queue. A permanent error is stored with its reason and is not retried
automatically. Adapters translate the errors of their libraries into these two.
"""


class ChorusError(Exception):
    """Base of all errors; the message says what failed and what to do."""


class TransientError(ChorusError):
    """The same call may succeed later: a server is down, a network is slow."""


class OutdatedWork(TransientError):
    """The segment changed during the analysis: this result cannot be saved, the segment must be analyzed again."""


class Replaced(TransientError):
    """What was being read was changed or deleted meanwhile; the message says what to do."""


class PermanentError(ChorusError):
    """The same call can never succeed: the reason is stored with the work and the work is not retried."""


class UndecodableAudio(PermanentError):
    """No decoder can read these bytes; the message names the stretch, in seconds, and the cause."""


class HeaderIncomplete(UndecodableAudio):
    """What decoders need of a file may be in the bytes that are not here yet."""


class NotAudio(UndecodableAudio):
    """The bytes are not audio (text, an archive, an image)."""


class EmptyAudio(UndecodableAudio):
    """An audio file without samples."""


class UnclearHour(PermanentError):
    """A clock showed an hour that summer time skips or repeats; the message names both instants."""


class InvalidPack(PermanentError):
    """A model pack breaks its contract; each fault is a line that names the file and the field."""

    def __init__(self, *faults: str) -> None:
        super().__init__(*faults)
        self.faults = faults
        """All that was found, in the order in which a pack is read."""

    def __str__(self) -> str:
        return "; ".join(self.faults)


class UnknownPack(PermanentError):
    """No such pack is installed here; the message lists those that are."""


class DeviceUnavailable(PermanentError):
    """The requested device cannot run the pack; there is no fallback to another."""


class UnknownMessage(PermanentError):
    """A message that this version cannot read; it is stored unchanged as a dead letter."""


class NotFound(PermanentError):
    """There is no such object, or it was deleted."""


class Conflict(PermanentError):
    """The current state does not allow this; the message names the state."""


class UploadGone(Conflict):
    """The upload was used, deleted, or expired; the message says which."""

    def __init__(self, message: str, recording_id: object = None) -> None:
        super().__init__(message)
        self.recording_id = recording_id
        """The recording that it became."""


class WrongOffset(Conflict):
    """The bytes of an upload begin elsewhere than those that are here end; the message says where to go on."""


class AudioRemoved(Conflict):
    """Retention removed the recording's audio from the store; the message says when, and what to do."""


class PlaceUnknown(PermanentError):
    """An occurrence filter was asked for, but the recording has no coordinates."""


class InvalidCursor(PermanentError):
    """The cursor was not returned by any page."""


class TooManyEvents(PermanentError):
    """More events than are cut anew at once; the message names the maximum."""


class BelowFloor(PermanentError):
    """A threshold needs scores that were not stored; the message names the floor."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field
        """Name of the threshold."""


class MissingExtra(PermanentError):
    """A library is not installed that comes with an extra of the package; the message names the extra."""


class NotForMany(PermanentError):
    """A format cannot hold several recordings; the message says which one can."""
