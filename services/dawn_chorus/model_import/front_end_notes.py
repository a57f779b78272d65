"""What is worth knowing of a front end that makes images, before its pack is used."""

import json
from collections.abc import Iterator

from dawn_chorus.inference.front_end.filters import mel_filters
from dawn_chorus.inference.packs.mel_table import MelTable
from dawn_chorus.inference.packs.names import shown
from dawn_chorus.model_import.front_end_files import SHIPPED, FrontEnd


def note_front_end(front_end: FrontEnd, sample_rate_hz: int) -> Iterator[str]:
    """Yield a line on what a file of one's own leaves to defaults, and one on mels that stay empty."""
    table, given = front_end.mel_table, front_end.mel
    if table is None or given is None:
        return
    left = [f"{key} = {json.dumps(getattr(table, key))}" for key in _telling_keys(table) if key not in given]
    if left and front_end.path.parent != SHIPPED:
        yield f"{shown(front_end.path.name)} does not say, and so has: {', '.join(left)}"
    if table.scale == "mel" and table.f_max_hz <= sample_rate_hz / 2:
        filters = mel_filters(table, sample_rate_hz)
        if n_empty := int((filters.max(axis=1) == 0).sum()):
            yield (
                f"{n_empty} of {len(filters)} mels lie between two bins of n_fft {table.n_fft} and stay empty in every "
                "image: that is right only if they did in training"
            )


def _telling_keys(table: MelTable) -> Iterator[str]:
    """Yield the keys that change every image, and that published front ends differ in."""
    yield from ("window", "center")
    if table.center:
        yield "pad_mode"
    yield "power"
    if table.scale == "mel":
        yield from ("mel_scale", "mel_norm")
    yield "log"
    if table.log in {"db", "ln"}:
        yield "amin"
    yield "normalize"
