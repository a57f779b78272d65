"""Reads whole clips for training."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from models.workshop.errors import BadInput


@lru_cache(maxsize=4096)
def load_clip(path: Path, sample_rate_hz: int) -> NDArray[np.float32]:
    """Return a whole clip, mono, at the rate, (samples,) in [−1, 1], cached; raises BadInput if it cannot be read."""
    try:
        waveform, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise BadInput(f"{path}: is listed but cannot be read: {error}") from error
    mono = waveform.mean(axis=1)
    return mono if rate == sample_rate_hz else soxr.resample(mono, rate, sample_rate_hz, quality="HQ")
