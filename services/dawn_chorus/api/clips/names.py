"""What a clip is called, so that one finds it again: `Meadow_20260503T043000+0200_erithacus-rubecula_0.94.flac`."""

import re
import unicodedata
from datetime import timedelta
from pathlib import PurePath
from urllib.parse import quote

from dawn_chorus.domain.recording import Recording

_MOST_BYTES = 80
"""Of the site's name and of the taxon's: systems take 255 in all."""


def name_clip(recording: Recording, start_s: float, suffix: str, taxon: str | None, confidence: float | None) -> str:
    """Return the name of a clip: site, the recorder's own time at its start, taxon, confidence.

    Without a site the recording's own name stands for it, without a time the position in seconds.
    """
    place = recording.place
    site = _safe(place.site or PurePath(recording.filename).stem) or "recording"
    try:
        when = f"{place.recorded_at + timedelta(seconds=start_s):%Y%m%dT%H%M%S%z}" if place.recorded_at else None
    except OverflowError:  # the last hours of the year 9999
        when = None
    parts = [site, when or f"{start_s:.3f}".rstrip("0").rstrip(".") + "s"]
    parts += [_safe(taxon).lower()] if taxon and _safe(taxon) else []
    parts += [f"{confidence:.2f}"] if confidence is not None else []
    return f"{'_'.join(parts)}.{suffix}"


def disposition(name: str) -> str:
    """Return Content-Disposition (RFC 6266): the name, and one in ASCII for whoever knows no other."""
    spelled = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return f"inline; filename=\"{spelled}\"; filename*=UTF-8''{quote(name, safe='')}"


def _safe(text: str) -> str:
    """Return the text, not too long, with dashes for what a system, a shell or a header takes for something else.

    Letters, digits and marks of any script are kept.
    """
    kept = (char if _is_kept(char) else "-" for char in unicodedata.normalize("NFC", text))
    dashed = re.sub("--+", "-", "".join(kept)).strip("-._+")
    return dashed.encode("utf-8", "ignore")[:_MOST_BYTES].decode("utf-8", "ignore").strip("-._+")


def _is_kept(char: str) -> bool:
    return char in "_.+-" or unicodedata.category(char)[0] in "LNM"
