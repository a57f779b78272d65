"""A file as it was hashed: what is sent later is held against this."""

import hashlib
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.cli.client.resumable import Piece
from dawn_chorus.domain.errors import PermanentError

PIECE_BYTES = 8 << 20
RESUMABLE_OVER_BYTES = 16 << 20
"""Smaller files are sent in one request."""
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file, and the hashes of what it held."""

    path: Path
    size_bytes: int
    sha256: str
    piece_hashes: tuple[bytes, ...]
    """SHA-256 of each `PIECE_BYTES`; empty for a file that is sent in one request."""

    def piece_at(self, position: int) -> Piece:
        """Return the piece that begins at a multiple of `PIECE_BYTES` inside the file."""
        size_bytes = min(PIECE_BYTES, self.size_bytes - position)
        return Piece(self.path, position, size_bytes, self.piece_hashes[position // PIECE_BYTES])

    def is_changed(self, piece: Piece | None = None) -> bool:
        """Return whether the file, or the piece if one is given, is no longer what was hashed."""
        if self.path.stat().st_size != self.size_bytes:
            return True
        if piece is None:
            return False
        digest = hashlib.sha256()
        for part in piece.read():
            digest.update(part)
        return digest.digest() != piece.sha256


def hash_file(path: Path, on_bytes: Callable[[int], None]) -> HashedFile:
    """Read a file once; `on_bytes` receives the size of each part that was read, and what it raises ends it."""
    whole, piece, size_bytes = hashlib.sha256(), hashlib.sha256(), 0
    hashes: list[bytes] = []
    is_large = file_size(path) > RESUMABLE_OVER_BYTES
    with path.open("rb") as file:
        while part := file.read(_READ_BYTES):
            on_bytes(len(part))
            whole.update(part)
            size_bytes += len(part)
            if is_large:
                piece.update(part)
                if size_bytes % PIECE_BYTES == 0:
                    hashes.append(piece.digest())
                    piece = hashlib.sha256()
    if is_large and size_bytes % PIECE_BYTES:
        hashes.append(piece.digest())
    return HashedFile(path, size_bytes, whole.hexdigest(), tuple(hashes))


def file_size(path: Path) -> int:
    """Return the size in bytes; raises PermanentError for a pipe or device, which could be read only once."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise PermanentError("is a pipe, socket or device: save it to a file first")
    return status.st_size
