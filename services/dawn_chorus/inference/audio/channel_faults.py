"""What is wrong with the channels of a recording: they cancel each other, differ, are silent or clipped."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.warnings import AnalysisWarning, WarningCode

FAR_DB = 20.0
"""Two channels whose levels are this far apart do not hold the same sound."""
CANCEL_CORRELATION = -0.5
CANCEL_DB = -6.0
"""The mix's level against the loudest channel's, at which channels count as canceling each other."""
UNLIKE_CORRELATION = 0.1
CLIPPED_SHARE = 0.01
SILENT_POWER = 1e-15
"""-150 dB of full scale: a channel with less is digital silence, perhaps with a constant added."""
SHORT_S = 1.0
"""Of a recording's last segment, if it is shorter than this, channels are not compared: it says too little."""
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class ChannelMeasure:
    """What was measured over the audio of a segment that could be decoded, without its margins."""

    covariance: NDArray[np.float64]
    """(n_channels, n_channels); full scale is ±1. The diagonal is each channel's power without its mean. All 0, which
    means nothing to compare, for one channel and for more than `MAX_EACH`."""
    clipped: tuple[float, ...]
    """The share of each channel's samples that are at full scale."""
    silent: tuple[tuple[float, float], ...] = ()
    """Start and end of the stretches, in seconds of the recording, in which every sample of every channel is 0:
    those of `MIN_SILENCE_S` or more, and shorter ones at the segment's edges, which may go on in its neighbor."""


def find_warnings(measure: ChannelMeasure, start_s: float, end_s: float) -> tuple[AnalysisWarning, ...]:
    """Return the warnings of a segment, [start_s, end_s); silence at its edges however short."""
    found = [AnalysisWarning(WarningCode.SILENCE, "digital silence", *stretch) for stretch in measure.silent]
    if end_s - start_s < SHORT_S and start_s > 0:
        return tuple(found)
    judged = (_find_cancelation(measure), _find_difference(measure), *_find_clipping(measure))
    found += [AnalysisWarning(code, detail, start_s, end_s, channel) for code, detail, channel in filter(None, judged)]
    return tuple(found)


_Judgment = tuple[WarningCode, str, int | None]


def _find_cancelation(measure: ChannelMeasure) -> _Judgment | None:
    powers, correlation = _powers(measure), _correlation(measure)
    mix_db = _decibels(measure.covariance.mean(), powers.max())
    pairs = [
        (one, other)
        for one, other in combinations(range(len(powers)), 2)
        if abs(_decibels(powers[one], powers[other])) <= FAR_DB and correlation[one, other] <= CANCEL_CORRELATION
    ]
    if not pairs or mix_db > CANCEL_DB:
        return None
    named = [f"{one + 1} and {other + 1} (correlation {correlation[one, other]:.2f})" for one, other in pairs]
    loss = "is silent" if math.isinf(mix_db) else f"is {-mix_db:.0f} dB quieter than the loudest channel"
    detail = f"channels cancel each other: {_listed(named)}; their mix {loss}: choose each, or one channel"
    return WarningCode.CHANNELS_CANCEL, detail, None


def _find_difference(measure: ChannelMeasure) -> _Judgment | None:
    powers, correlation = _powers(measure), _correlation(measure)
    differing: dict[tuple[int, int], str] = {}
    for one, other in combinations(range(len(powers)), 2):
        apart_db = _decibels(powers[one], powers[other])
        quiet, loud = (one, other) if apart_db < 0 else (other, one)
        if math.isinf(apart_db):
            differing[one, other] = f"{quiet + 1} is digital silence, {loud + 1} is not"
        elif abs(apart_db) >= FAR_DB:
            differing[one, other] = f"{quiet + 1} is {abs(apart_db):.0f} dB quieter than {loud + 1}"
        elif abs(correlation[one, other]) < UNLIKE_CORRELATION:
            differing[one, other] = (
                f"{one + 1} and {other + 1} have little in common (correlation {correlation[one, other]:.2f})"
            )
    if not differing:
        return None
    detail = f"channels differ: {_listed(list(differing.values()))}: if a microphone is broken, choose another channel"
    return WarningCode.CHANNELS_DIFFER, detail, _odd_channel(list(differing), powers)


def _odd_channel(pairs: Sequence[tuple[int, int]], powers: NDArray[np.float64]) -> int | None:
    """Return the channel, from 1, that is the only one in all differing pairs; of two, the one that is far quieter."""
    if len(powers) == 2:
        apart_db = _decibels(powers[0], powers[1])
        return None if abs(apart_db) < FAR_DB else 1 if apart_db < 0 else 2
    in_all = set.intersection(*(set(pair) for pair in pairs))
    return in_all.pop() + 1 if len(in_all) == 1 else None


def _find_clipping(measure: ChannelMeasure) -> Iterator[_Judgment]:
    for channel, share in enumerate(measure.clipped, start=1):
        if share > CLIPPED_SHARE:
            of_channel = f" of channel {channel}" if len(measure.clipped) > 1 else ""
            detail = f"{100 * share:.2g} % of the samples{of_channel} are at full scale: the recording is clipped"
            yield WarningCode.CLIPPED, detail, channel if of_channel else None


def _powers(measure: ChannelMeasure) -> NDArray[np.float64]:
    """Return each channel's power, 0 for digital silence, (n_channels,)."""
    powers = np.diagonal(measure.covariance)
    return np.where(powers > SILENT_POWER, powers, 0.0)


def _correlation(measure: ChannelMeasure) -> NDArray[np.float64]:
    """Return the correlation of every pair, (n_channels, n_channels); NaN, which is unlike any bound, with silence."""
    powers = _powers(measure)
    scale = np.sqrt(powers[:, None] * powers[None, :])
    return np.divide(measure.covariance, scale, out=np.full_like(scale, np.nan), where=scale > 0)


def _decibels(power: np.floating[Any] | float, reference: np.floating[Any] | float) -> float:
    """Return the level of a power against another; 0 for two silences, infinite for silence against sound."""
    if not power > SILENT_POWER and not reference > SILENT_POWER:
        return 0.0
    if not power > SILENT_POWER:
        return -math.inf
    return math.inf if not reference > SILENT_POWER else 10 * math.log10(power / reference)


def _listed(parts: Sequence[str]) -> str:
    more = len(parts) - _MOST_NAMED
    return "; ".join(parts[:_MOST_NAMED]) + (f"; and {more} more pairs" if more > 0 else "")
