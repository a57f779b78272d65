"""Sounds in memory, as `load_audio` would return them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment, plan_segments
from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.inference.pipeline import score_segment
from dawn_chorus.inference.segment_scores import SegmentScores
from dawn_chorus.inference.waveforms.loading import LoadedAudio

Waveform = NDArray[np.float32]


def random_sounds(rates_hz: set[int], duration_s: float, seed: int = 0) -> dict[int, Waveform]:
    """Return noise that swells and fades, one for each rate (they need not be the same sound)."""
    random = np.random.default_rng(seed)
    sounds = {}
    for rate_hz in sorted(rates_hz):
        n_samples = round(duration_s * rate_hz)
        swell = 0.3 * (1.1 + np.sin(np.arange(n_samples) / rate_hz * 1.7 + seed))
        sounds[rate_hz] = (swell * random.normal(0, 0.3, n_samples)).astype(np.float32)
    return sounds


def load_stretch(ensemble: Ensemble, sounds: dict[int, Waveform], segment: Segment) -> LoadedAudio:
    """Return a segment with its margins, silent outside the recording."""
    start_s, end_s = segment.start_s - ensemble.margin_s, segment.end_s + ensemble.margin_s
    waveforms = {}
    for wanted in ensemble.formats:
        sound = sounds[wanted.sample_rate_hz]
        first, end = round(start_s * wanted.sample_rate_hz), round(end_s * wanted.sample_rate_hz)
        waveforms[wanted] = np.zeros(end - first, np.float32)
        inside = slice(max(0, first), min(len(sound), end))
        waveforms[wanted][inside.start - first : inside.stop - first] = sound[inside]
    return LoadedAudio(waveforms, start_s, end_s, ())


def score_sounds(
    ensemble: Ensemble, sounds: dict[int, Waveform], duration_s: float, *, segment_s: float | None = None
) -> SegmentScores:
    """Score a whole recording in segments and concatenate their scores."""
    parts = [
        score_segment(ensemble, load_stretch(ensemble, sounds, segment), segment, duration_s=duration_s)
        for segment in plan_segments(duration_s, segment_s or duration_s)
    ]
    windows = np.concatenate([part.window_scores for part in parts])
    frames = [part.frame_scores for part in parts if part.frame_scores is not None]
    return SegmentScores(0, windows, 0, np.concatenate(frames) if frames else None)


def open_pack(folder: Path, *, batch_windows: int | None = None) -> Ensemble:
    return open_ensemble(folder, SessionOptions(batch_windows=batch_windows))


def rates_of(ensemble: Ensemble) -> set[int]:
    return {wanted.sample_rate_hz for wanted in ensemble.formats}
