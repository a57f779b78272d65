"""Reads whole clips for training."""

from pathlib import Path
from random import Random
from threading import Lock

import numpy as np
import soundfile
import soxr
from cachetools import RRCache, cached
from numpy.typing import NDArray

from models.workshop.errors import BadInput

Clips = RRCache[tuple[Path, int], NDArray[np.float32]]


def make_cache(most_bytes: int = 2 << 30) -> Clips:
    """Return a cache of clips; one that is larger than all of it stays out.

    What is forgotten is drawn: where clips are read in turn, those not read for longest come next.
    """
    draw = Random(0).choice  # noqa: S311 - what is forgotten is no secret
    return RRCache(most_bytes, choice=draw, getsizeof=lambda clip: clip.nbytes)


@cached(make_cache(), lock=Lock())
def load_clip(path: Path, sample_rate_hz: int) -> NDArray[np.float32]:
    """Return a whole clip, mono, at the rate, (samples,) in [−1, 1], cached; raises BadInput if it cannot be read."""
    try:
        waveform, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise BadInput(f"{path}: is listed but cannot be read: {error}") from error
    mono = waveform.mean(axis=1)
    return mono if rate == sample_rate_hz else soxr.resample(mono, rate, sample_rate_hz, quality="HQ")
