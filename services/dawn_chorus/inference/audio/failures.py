"""Errors of audio files as JSON objects that pass from one process to another."""

from typing import Any

from dawn_chorus.domain.errors import (
    ChorusError,
    EmptyAudio,
    NotAudio,
    PermanentError,
    TransientError,
    UndecodableAudio,
)
from dawn_chorus.domain.names import displayed

KINDS: dict[str, type[ChorusError]] = {
    "not_audio": NotAudio,
    "empty": EmptyAudio,
    "undecodable": UndecodableAudio,
    "permanent": PermanentError,
    "transient": TransientError,
}


def describe_failure(error: Exception) -> dict[str, str]:
    """Return `{"error": kind, "detail": message}`; an error that is not a domain error is attributed to the file."""
    for kind, error_type in KINDS.items():
        if isinstance(error, error_type):
            return {"error": kind, "detail": displayed(error)}
    if isinstance(error, OSError) and error.errno:
        return {"error": "transient", "detail": f"the file could not be read: {error.strerror}"}
    if isinstance(error, MemoryError):
        return {"error": "undecodable", "detail": "decoding it takes more memory than a decoder is allowed"}
    return {"error": "undecodable", "detail": f"the decoder failed: {type(error).__name__}: {displayed(error)}"}


def raise_failure(answer: dict[str, Any]) -> None:
    """Raise the error that an answer describes; do nothing for an answer without an error."""
    if "error" in answer:
        raise KINDS[answer["error"]](answer["detail"])
