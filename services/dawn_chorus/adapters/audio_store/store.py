"""The audio store: one class for folders and buckets, on obstore."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.audio_store.download_cache import DownloadCache
from dawn_chorus.adapters.audio_store.local_files import LocalFiles
from dawn_chorus.adapters.audio_store.object_errors import NoSuchRecording, first_line, measure_object
from dawn_chorus.adapters.audio_store.threaded_upload import upload_on_a_thread
from dawn_chorus.domain.errors import PermanentError, TransientError

_PART_BYTES = 8 * 1024 * 1024
"""S3 accepts 10,000 parts: recordings up to 80 GB."""
_PARTS_AT_ONCE = 2
_READ_BYTES = 4 * 1024 * 1024


class ObjectAudioStore:
    """An `AudioStore`. The bytes under a key never change, so keys must be unique."""

    def __init__(self, store: LocalStore | S3Store, local: LocalFiles | DownloadCache | None, name: str) -> None:
        self._store, self._local, self._name = store, local, name
        self._check_key = f"check/{uuid4()}"

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        """Write the chunks. The key appears when all are written; nothing remains if the chunks end with an error."""
        try:
            return await upload_on_a_thread(chunks, lambda drained: self._put(key, drained))
        except asyncio.CancelledError:
            # All may have been written before the cancellation.
            await asyncio.to_thread(self.delete, key)
            raise

    def put(self, key: str, content: bytes) -> None:
        """Write a small file at once. Blocks."""
        try:
            self._put(key, content)
        except TransientError:
            if not isinstance(self._local, LocalFiles):
                raise
            # Its folder was removed at the moment when it became empty.
            self._put(key, content)

    def _put(self, key: str, chunks: Iterator[bytes] | bytes) -> None:
        with self._translate():
            obstore.put(
                self._store,
                key,
                chunks,
                use_multipart=False if isinstance(chunks, bytes) else None,
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )
            if isinstance(self._local, LocalFiles):
                self._local.sync(key)

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Return bytes [start, end), up to the end of the file, in chunks of 4 MiB."""
        with self._translate():
            size_bytes = measure_object(self._store, key)
        return self._read_chunks(key, start, size_bytes if end is None else min(end, size_bytes))

    def _read_chunks(self, key: str, start: int, end: int) -> Iterator[bytes]:
        for begin in range(start, end, _READ_BYTES):
            with self._translate():
                chunk = bytes(obstore.get_range(self._store, key, start=begin, end=min(begin + _READ_BYTES, end)))
            yield chunk

    def read_range(self, key: str, start: int, length: int) -> bytes:
        with self._translate():
            try:
                return bytes(obstore.get_range(self._store, key, start=start, length=length)) if length else b""
            except FileNotFoundError as error:
                raise NoSuchRecording(key) from error
            except BaseError:
                if start < measure_object(self._store, key):
                    raise
                return b""  # S3 refuses a range that begins past the end

    def measure(self, key: str) -> int:
        with self._translate():
            return measure_object(self._store, key)

    def stored_file(self, key: str) -> Path | None:
        return self._local.stored_file(key) if isinstance(self._local, LocalFiles) else None

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        if self._local is None:
            raise PermanentError(f"no folder for downloads from {self._name}: open the store with a cache")
        with ExitStack() as opened:
            # Errors of the caller's block are not the store's: only opening is translated.
            with self._translate():
                path = opened.enter_context(self._local.local_copy(key))
            yield path

    def delete(self, key: str) -> None:
        with self._translate():
            with suppress(FileNotFoundError):
                obstore.delete(self._store, key)
            if self._local is not None:
                self._local.drop(key)

    def check(self) -> None:
        with self._translate():
            obstore.put(self._store, self._check_key, b"chorus")
            obstore.get_range(self._store, self._check_key, start=0, end=1)
            obstore.delete(self._store, self._check_key)

    def watch_space(self) -> None:
        """Export the space of a folder's volume as metrics, from now on; a bucket has no such limit."""
        if isinstance(self._local, LocalFiles):
            metrics.store_bytes.labels("free").set_function(self._local.free_bytes)
            metrics.store_bytes.labels("total").set_function(self._local.total_bytes)

    @contextmanager
    def _translate(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            message = f"audio store {self._name}: {first_line(error)}"
            hidden = self._local.hide_root(message) if isinstance(self._local, LocalFiles) else message
            raise TransientError(hidden) from error
