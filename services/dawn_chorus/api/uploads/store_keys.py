"""Keys of new recordings in the audio store."""

from pathlib import PurePath
from uuid import uuid4


def new_store_key(filename: str) -> str:
    """Return a new key; the file suffix helps people who look into the store, and decoders of headerless formats."""
    suffix = PurePath(filename).suffix.lower()
    return f"{uuid4()}{suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= 6 else ''}"
