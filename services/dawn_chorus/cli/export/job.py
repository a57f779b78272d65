"""A file that the service makes in the background: asked for, followed, and fetched, however often the line is cut."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from dawn_chorus.cli.client.failures import Refused
from dawn_chorus.cli.client.http_client import licenses
from dawn_chorus.cli.export.showing import Show, open_display, show_bytes
from dawn_chorus.cli.export.whole_file import finish, part_of, target_of
from dawn_chorus.domain.errors import PermanentError

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import Answer, ServiceClient
    from dawn_chorus.cli.submit.patience import Patience

POLL_EVERY_S = 1.0
_NOT_FOUND = 404


@dataclass(slots=True)
class Job:
    """One export of a service."""

    client: "ServiceClient"
    patience: "Patience"
    on_begun: Callable[[str], None]
    """Receives the id, as soon as there is one."""
    licenses: list[str] = field(default_factory=list, init=False)
    """What the service says of those of the packs, beside the file."""

    def ask(self, body: dict[str, Any]) -> "Answer":
        """Have the service make a file; it is asked for once, however often this is sent."""
        key = str(uuid4())
        export = self.patience.insist(lambda: self.client.ask_for_export(body, key))
        self.on_begun(str(export["id"]))
        return export

    def follow(self, export_id: str, show: Show) -> "Answer":
        """Return an export once it is ready. Raises PermanentError with the reason if it never will be."""
        while True:
            export = self.patience.insist(lambda: self._read(export_id))
            match export["state"]:
                case "ready":
                    return export
                case "failed":
                    raise PermanentError(f"the export failed: {export['error']}")
                case "expired":
                    raise PermanentError("the export was given up: ask again")
            done, total = export["items_done"], export["items_total"]
            of = f" of {total:,}" if total is not None else ""
            show(f"{export['state']}, {done:,}{of}", done, total)
            time.sleep(POLL_EVERY_S)

    def fetch(self, export: "Answer", out: Path, show: Show) -> Path:
        """Write the file of an export that is ready, but for what an earlier run has fetched; return where it is."""
        target = target_of(out, str(export["filename"]))
        part = part_of(target, str(export["id"]))
        size_bytes = int(export["size_bytes"])
        while (have := part.stat().st_size if part.exists() else 0) < size_bytes:
            self.patience.insist(lambda: self._fetch_rest(export, part, show))
            if (part.stat().st_size if part.exists() else 0) <= have:
                raise PermanentError("the service sends nothing of the file: try again later")
        if have > size_bytes:
            part.unlink()
            raise PermanentError(f"{part} had more bytes than the file, and was removed: run the command again")
        finish(part, target)
        return target

    def _fetch_rest(self, export: "Answer", part: Path, show: Show) -> None:
        size_bytes = int(export["size_bytes"])
        with part.open("ab") as file:
            have = file.tell()
            headers = {"Range": f"bytes={have}-"} if have else {}
            with self.client.stream(str(export["links"]["file"]), headers=headers) as response:
                self.licenses = licenses(response)
                if have and response.status_code != 206:  # a proxy took the range away
                    file.truncate(0)
                    have = 0
                for chunk in response.iter_bytes():
                    file.write(chunk)
                    have += len(chunk)
                    show(f"fetching {show_bytes(have)} of {show_bytes(size_bytes)}", have, size_bytes)

    def _read(self, export_id: str) -> "Answer":
        try:
            return self.client.export(export_id)
        except Refused as error:
            if error.status != _NOT_FOUND:
                raise
            raise PermanentError(f"the service has no export {export_id}, or no longer: ask again") from error


def make_and_fetch(job: Job, body: dict[str, Any], export_id: str | None, out: Path) -> tuple["Answer", Path]:
    """Ask for a file, or go on with one, and fetch it."""
    if export_id is None:
        export_id = str(job.ask(body)["id"])
    with open_display() as show:
        export = job.follow(export_id, show)
        return export, job.fetch(export, out, show)
