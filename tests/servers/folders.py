"""Folders for servers whose data nobody keeps: in memory where there is room."""

import os
import shutil
import tempfile
from pathlib import Path

import psutil

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes what nobody else can name before
_ROOM_BYTES = 8 << 30
"""What all test processes together come nowhere near; where less is free, folders are on disk."""


def make_server_folder(name: str) -> Path:
    """Return a new folder, which whoever asks for it removes. To make a database takes a tenth of the time in memory.

    What a run of tests leaves that was killed takes room there until it is deleted by hand.
    """
    return Path(tempfile.mkdtemp(prefix=f"chorus-{name}-", dir=_IN_MEMORY if _has_room() else None))


def _has_room() -> bool:
    if not os.access(_IN_MEMORY, os.W_OK):
        return False
    memory_bytes: int = psutil.virtual_memory().available
    return min(shutil.disk_usage(_IN_MEMORY).free, memory_bytes) >= _ROOM_BYTES
