"""Which requests bring the bytes of recordings: these have places, and bodies, of another size than all others."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UploadRequests:
    """Whole files are posted to one path; parts of files to another, and by PATCH to addresses below it."""

    whole: str
    parts: str

    def include(self, method: str, path: str) -> bool:
        """Return whether a request of this kind is an upload."""
        if method == "POST":
            return path in (self.whole, self.parts)
        return method == "PATCH" and path.startswith(f"{self.parts}/")

    @property
    def first_line(self) -> re.Pattern[bytes]:
        """Return the pattern of their first lines: method, path, and the id in it, if there is one."""
        whole, parts = re.escape(self.whole), re.escape(self.parts)
        pattern = f"(POST (?:{whole}|{parts})|PATCH {parts}/([0-9a-fA-F-]{{36}})) HTTP/1\\.1\r\n"
        return re.compile(pattern.encode())
