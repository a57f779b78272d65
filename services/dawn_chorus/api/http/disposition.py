"""Content-Disposition: what a file is called that somebody saves."""

import unicodedata
from typing import Literal
from urllib.parse import quote


def disposition(name: str, kind: Literal["inline", "attachment"] = "inline") -> str:
    """Return the header (RFC 6266): the name, and one in ASCII for whoever knows no other."""
    spelled = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = spelled.translate({ord('"'): "_", ord("\\"): "_", ord("%"): "_"})
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
