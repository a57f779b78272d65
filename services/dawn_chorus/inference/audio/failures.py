"""Errors of audio files as JSON objects that pass from one process to another."""

import errno
from typing import Any

from dawn_chorus.domain.errors import (
    ChorusError,
    EmptyAudio,
    HeaderIncomplete,
    NotAudio,
    PermanentError,
    TransientError,
    UndecodableAudio,
)
from dawn_chorus.domain.names import displayed

KINDS: dict[str, type[ChorusError]] = {
    "incomplete": HeaderIncomplete,
    "not_audio": NotAudio,
    "empty": EmptyAudio,
    "undecodable": UndecodableAudio,
    "permanent": PermanentError,
    "transient": TransientError,
}


_OF_FILE = frozenset(
    {errno.EPERM, errno.EINVAL, errno.EDOM, errno.ERANGE, errno.EILSEQ, errno.EOVERFLOW, errno.EFBIG, errno.ENOSYS,
     errno.ENOTSUP, errno.EOPNOTSUPP}
)  # fmt: skip
"""Numbers of OSErrors that the next attempt meets again: a file's header says to read where nothing can be read."""
_OF_MACHINE = frozenset(
    {errno.EACCES, errno.EAGAIN, errno.EBUSY, errno.EDQUOT, errno.EINTR, errno.EMFILE, errno.ENFILE, errno.ENOBUFS,
     errno.ENODEV, errno.ENOENT, errno.ENOSPC, errno.ENXIO, errno.ESTALE, errno.ETIMEDOUT}
)  # fmt: skip
"""Numbers that FFmpeg passes on from the system. Others are of its own finding: EPERM stands for a plain -1, EIO for
a file that ends too early."""


def is_of_machine(error: BaseException) -> bool:
    """Return whether reading failed for a reason outside of the file, which another attempt may not meet."""
    if not isinstance(error, OSError) or not error.errno:
        return False
    if type(error).__module__.startswith("av."):
        return error.errno in _OF_MACHINE
    return error.errno not in _OF_FILE


def describe_failure(error: Exception) -> dict[str, str]:
    """Return `{"error": kind, "detail": message}`; an error that is not a domain error is attributed to the file."""
    for kind, error_type in KINDS.items():
        if isinstance(error, error_type):
            return {"error": kind, "detail": displayed(error)}
    if is_of_machine(error):
        return {"error": "transient", "detail": f"the file could not be read: {getattr(error, 'strerror', error)}"}
    if isinstance(error, MemoryError):
        return {"error": "undecodable", "detail": "decoding it takes more memory than a decoder is allowed"}
    return {"error": "undecodable", "detail": f"the decoder failed: {type(error).__name__}: {displayed(error)}"}


def raise_failure(answer: dict[str, Any]) -> None:
    """Raise the error that an answer describes; do nothing for an answer without an error."""
    if "error" in answer:
        raise KINDS[answer["error"]](answer["detail"])
