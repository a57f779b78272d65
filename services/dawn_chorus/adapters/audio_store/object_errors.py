"""Errors of obstore, for the store and its cache."""

import obstore
from obstore.store import LocalStore, S3Store

from dawn_chorus.domain.errors import PermanentError


class NoSuchRecording(PermanentError):
    """The audio store has nothing under this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the audio store holds no recording under {key}: was it removed?")


def measure_object(store: LocalStore | S3Store, key: str) -> int:
    """Return the size in bytes; raise NoSuchRecording."""
    try:
        return obstore.head(store, key)["size"]
    except FileNotFoundError as error:
        raise NoSuchRecording(key) from error


def first_line(error: BaseException) -> str:
    """Return obstore's message without its debug output."""
    return str(error).partition("\n")[0] or type(error).__name__
