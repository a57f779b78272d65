"""Content-Disposition: what a file is called that somebody saves."""

import unicodedata
from typing import Literal
from urllib.parse import quote


def disposition(name: str, kind: Literal["inline", "attachment"] = "inline") -> str:
    """Return the header (RFC 6266): the name, and one in ASCII for whoever knows no other."""
    spelled = (char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    plain = "".join("_" if char in '"\\%' or not char.isascii() else char for char in spelled)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
