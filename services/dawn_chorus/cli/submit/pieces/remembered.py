"""Uploads that were begun: a file for each in the state folder, so that the same command goes on after Ctrl-C.

What a file holds is asked of the service before it is believed; a state folder that is lost costs bytes only.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dawn_chorus.cli.client.resumable import is_upload_id
from dawn_chorus.cli.output import print_note
from dawn_chorus.domain.names import displayed

_KEPT_S = 30 * 86400
"""Services keep an upload for a week, unless they are told otherwise."""


@dataclass(slots=True)
class Remembered:
    """Uploads to one service, by the SHA-256 of their whole file. Safe to use from many threads."""

    folder: Path
    service: str
    _is_told: bool = False

    def find(self, file_sha256: str) -> str | None:
        """Return the id of the upload of these bytes that was begun, if one was."""
        try:
            text = self._path(file_sha256).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return text if is_upload_id(text) else None

    def note(self, file_sha256: str, upload_id: str) -> None:
        """Remember an upload; says once if that cannot be done."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._path(file_sha256).write_text(f"{upload_id}\n", "ascii")
        except OSError as error:
            if not self._is_told:
                self._is_told = True
                reason = f"{displayed(self.folder)} cannot be written ({error.strerror})"
                print_note(f"{reason}: after a stop, large files begin anew")
        self._tidy()

    def forget(self, file_sha256: str) -> None:
        """Forget an upload that has ended."""
        with suppress(OSError):  # it is not there, or will be tidied up
            self._path(file_sha256).unlink()

    def _tidy(self) -> None:
        """Remove what no service has any more."""
        with suppress(OSError):  # another run does the same
            for path in self.folder.iterdir():
                if time.time() - path.stat().st_mtime > _KEPT_S:
                    path.unlink()

    def _path(self, file_sha256: str) -> Path:
        return self.folder / sha256(f"{self.service}\n{file_sha256}".encode()).hexdigest()
