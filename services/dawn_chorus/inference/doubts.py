"""Doubts about what a network's outputs are: probabilities declared as logits, taxa that compete in a softmax.

Such a pack computes what its pack.toml says, so its self-test passes; but its scores are not what its author meant.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.inference.ensemble import Ensemble, FrontEnd
from dawn_chorus.inference.member import OpenMember, RawOutput
from dawn_chorus.inference.probe_sounds import make_probe_windows
from dawn_chorus.inference.self_test import resample_sound
from dawn_chorus.inference.session import ORT_ERRORS
from dawn_chorus.inference.waveforms.loading import LoadedAudio
from dawn_chorus.inference.waveforms.resampling import Samples

Array = NDArray[np.float32]

_EDGE = 1e-6
"""How far rounding may take a probability beyond 0 and 1."""
_SUM_TOLERANCE = 1e-3
_FAR = 1000.0
_ADVICE = 'set kind = "probs" and activation = "none" (import it with --kind probs --activation none)'


def find_doubts(ensemble: Ensemble, sound: Samples, sample_rate_hz: int) -> tuple[str, ...]:
    """Return what is doubtful about the outputs of the pack's networks, a line each.

    They are looked at on silence, noise, clicks, a chirp and a sound, (n_samples,): some twenty windows a network.
    """
    doubts: dict[int, list[str]] = {}
    for front_end, numbers in ensemble.front_ends:
        for number in numbers:
            member = ensemble.members[number]
            inputs = _prepare(front_end, member.table.window_s, sound, sample_rate_hz)
            doubts[number] = list(_doubts_of(member, inputs, ensemble.options.batch_size))
    return tuple(doubt for number in sorted(doubts) for doubt in doubts[number])


def _prepare(front_end: FrontEnd, window_s: float, sound: Samples, sample_rate_hz: int) -> Array:
    """Return the network's input for all probe windows, as if they were one recording."""
    rate_hz = front_end.format.sample_rate_hz
    own_sound = resample_sound(sound, sample_rate_hz, front_end.format, 0.0, len(sound) / sample_rate_hz)
    windows = make_probe_windows(round(window_s * rate_hz), rate_hz, own_sound)
    duration_s = windows.size / rate_hz
    audio = LoadedAudio({front_end.format: windows.reshape(-1)}, 0.0, duration_s, ())
    statistics = front_end.segment_statistics(audio, Segment(0, 0.0, duration_s))
    return front_end.prepare(audio, np.arange(len(windows)) * windows.shape[1] / rate_hz, statistics)


@dataclass
class _Seen:
    """What was seen of an output so far; rows are clips or frames."""

    output: RawOutput
    lowest: float = np.inf
    highest: float = -np.inf
    sum_error: float = 0.0
    """How far a row's sum is from 1 at most."""
    has_nan: bool = False

    def add(self, values: Array) -> None:
        rows = values.reshape(-1, values.shape[-1])
        numbers = ~np.isnan(rows).any(axis=1)
        self.has_nan |= not numbers.all()
        rows = rows[numbers]
        if rows.size:
            self.lowest = min(self.lowest, float(rows.min()))
            self.highest = max(self.highest, float(rows.max()))
            self.sum_error = max(self.sum_error, float(np.abs(rows.sum(axis=1, dtype=np.float64) - 1).max()))

    @property
    def are_probabilities(self) -> bool:
        """Whether all values are between 0 and 1; what is constant, or never a number, tells nothing."""
        return -_EDGE <= self.lowest < self.highest <= 1 + _EDGE

    @property
    def are_softmax(self) -> bool:
        return self.are_probabilities and self.output.values.shape[-1] > 1 and self.sum_error <= _SUM_TOLERANCE


def _doubts_of(member: OpenMember, inputs: Array, batch_size: int) -> Iterator[str]:
    seen: dict[str, _Seen] = {}
    _look(member, inputs, batch_size, seen)
    for each in seen.values():
        if each.has_nan:
            where = f"{member.table.file}: {each.output.name}"
            yield f"{where}: is not a number (NaN) on noise, clicks or the self-test's sound: such recordings will fail"
    if any(each.are_probabilities for each in seen.values()):
        # A logit of a network that knows one or two taxa can be between 0 and 1 for all of these sounds by chance, but
        # hardly far from all sounds on either side, where a probability stays what it is.
        far = inputs[-2:] * np.float32(_FAR)
        with suppress(*ORT_ERRORS):  # no recording takes a network there: if it fails, what was seen has to do
            _look(member, np.concatenate([far, -far]), batch_size, seen)
    for each in seen.values():
        if doubt := _describe(each):
            yield f"{member.table.file}: {each.output.name}: {doubt}"


def _look(member: OpenMember, inputs: Array, batch_size: int, seen: dict[str, _Seen]) -> None:
    for first in range(0, len(inputs), batch_size):
        for output in member.raw_outputs(inputs[first : first + batch_size]):
            seen.setdefault(output.name, _Seen(output)).add(output.values)


def _describe(seen: _Seen) -> str | None:
    if seen.output.kind == "probs":
        if not seen.are_softmax:
            return None
        return (
            "the outputs look like a softmax: the taxa compete for probabilities that sum to 1, and of two that call "
            "at once neither scores high"
        )
    if not seen.are_probabilities:
        return None
    what = "probabilities of a softmax" if seen.are_softmax else "probabilities"
    why = "all between 0 and 1" + (", and each row sums to 1" if seen.are_softmax else "")
    return f"the outputs look like {what} ({why}), and a {seen.output.activation} is applied to them again: {_ADVICE}"
