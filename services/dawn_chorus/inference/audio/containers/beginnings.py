"""How recordings begin that can be recognized in the middle of a file."""

import re
from typing import BinaryIO

NEAR_BYTES = 4096
"""Tags and padding may stand between two recordings."""

ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
BEGINNINGS = re.compile(
    rb"(?:RIFF|RF64|BW64)....WAVE|fLaC[\x00\x80]\x00\x00\x22|OggS\x00[\x02\x06]|FORM....AIF[FC]|caff\x00\x01\x00\x00"
    rb"|\x1aE\xdf\xa3[\x01-\xff]|....ftyp[ -~]{4}|wvpk....[\x00-\x20]\x04|\.snd\x00\x00|"
    + re.escape(ASF)
    + b"|"
    + re.escape(W64),
    re.DOTALL,
)


def begins_recording(file: BinaryIO, position: int) -> bool:
    """Return whether a recording begins at `position`."""
    file.seek(position)
    return BEGINNINGS.match(file.read(64)) is not None


def find_beginning(file: BinaryIO, end: int, size: int) -> int | None:
    """Return where a recording begins at `end` or shortly behind it."""
    if not 0 < end < size:
        return None
    file.seek(end)
    found = BEGINNINGS.search(file.read(NEAR_BYTES))
    return None if found is None else end + found.start()
