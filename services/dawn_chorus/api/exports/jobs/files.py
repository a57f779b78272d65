"""The file of an export: what it is called, and where it is written before it goes to the store."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fastapi.concurrency import run_in_threadpool

from dawn_chorus.api.models.exports import CLIPS
from dawn_chorus.domain.errors import PermanentError, TransientError
from dawn_chorus.domain.exports.context import ExportContext
from dawn_chorus.domain.exports.formats import FILES, ExportFormat
from dawn_chorus.domain.exports.naming import name_export, name_selection

ZIP = "application/zip"
_READ_BYTES = 4 << 20


class TooLarge(PermanentError):
    """The file of an export would be larger than the service allows."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(
            f"the file would be larger than {most_bytes / 2**30:.3g} GiB (CHORUS_EXPORT_MAX_BYTES): ask for less, "
            "by time, site or taxon"
        )


def media_type(form: str) -> str:
    """Return the media type of an export's file."""
    return ZIP if form == CLIPS else FILES[ExportFormat(form)].media_type


def name_file(form: str, context: ExportContext) -> str:
    """Return what the file is called: site, span, and the taxon if it is one."""
    if form != CLIPS:
        return name_export(ExportFormat(form), context)
    return f"{name_selection(context)}.clips.zip"


@contextmanager
def open_spool(folder: Path) -> Iterator[BinaryIO]:
    """Yield an empty file without a name: nothing is left of it, however the process ends.

    Raises TransientError where the folder is full, or cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            yield file
    except OSError as error:
        raise TransientError(
            f"the file cannot be written in the folder of the cache (CHORUS_CACHE_DIR): {error.strerror or error}"
        ) from error


async def read_spool(file: BinaryIO) -> AsyncIterator[bytes]:
    """Yield the bytes of a file, from its beginning."""
    file.flush()
    position = 0
    while part := await run_in_threadpool(os.pread, file.fileno(), _READ_BYTES, position):
        position += len(part)
        yield part
