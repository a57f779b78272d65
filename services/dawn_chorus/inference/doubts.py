"""Doubts about what a network's outputs are: probabilities declared as logits, taxa or windows that affect each other.

Such a pack computes what its pack.toml says, so its self-test passes; but its scores are not what its author meant.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.inference.conventions.outputs import ROUNDING
from dawn_chorus.inference.ensemble import Ensemble, FrontEnd
from dawn_chorus.inference.member import OpenMember, RawOutput
from dawn_chorus.inference.packs.manifest_tables import MemberTable
from dawn_chorus.inference.probe_sounds import make_probe_windows
from dawn_chorus.inference.self_test import resample_sound
from dawn_chorus.inference.session import ORT_ERRORS, SessionOptions
from dawn_chorus.inference.waveforms.loading import LoadedAudio
from dawn_chorus.inference.waveforms.resampling import Samples

Array = NDArray[np.float32]

_EDGE = 1e-6
"""How far rounding may take a probability beyond 0 and 1."""
_SUM_TOLERANCE = 1e-3
_FAR = (1e3, 1e6)
_LOUD = 4
"""Which probe window is loud noise; the first is silence."""
_SAME_BESIDE = 1e-2
"""Of the largest output: more than weights of 16 bits round away."""


def find_doubts(ensemble: Ensemble, sound: Samples, sample_rate_hz: int) -> tuple[str, ...]:
    """Return what is doubtful about the outputs of the pack's networks, a line each.

    They are looked at on silence, noise, clicks, a chirp and a sound, (n_samples,): some twenty windows a network.
    """
    doubts: dict[int, list[str]] = {}
    is_schema_1 = ensemble.pack.manifest.schema_version == 1
    for front_end, numbers in ensemble.front_ends:
        for number in numbers:
            member = ensemble.members[number]
            inputs = _prepare(front_end, member.table.window_s, sound, sample_rate_hz)
            doubts[number] = list(_doubts_of(member, inputs, ensemble.options, is_schema_1=is_schema_1))
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
    log_sum_error: float = 0.0
    """The same for a row of logarithms."""
    has_nan: bool = False

    def add(self, values: Array) -> None:
        rows = values.reshape(-1, values.shape[-1])
        numbers = ~np.isnan(rows).any(axis=1)
        self.has_nan |= not numbers.all()
        rows = rows[numbers]
        if rows.size:
            self.lowest = min(self.lowest, float(rows.min()))
            self.highest = max(self.highest, float(rows.max()))
            self.sum_error = max(self.sum_error, _find_sum_error(rows))
            with np.errstate(over="ignore"):
                self.log_sum_error = max(self.log_sum_error, _find_sum_error(np.exp(rows)))

    @property
    def are_probabilities(self) -> bool:
        """Whether all values are between 0 and 1; what is constant, or never a number, tells nothing."""
        return -_EDGE <= self.lowest < self.highest <= 1 + _EDGE

    @property
    def are_softmax(self) -> bool:
        return self.are_probabilities and self.output.values.shape[-1] > 1 and self.sum_error <= _SUM_TOLERANCE

    @property
    def are_log_softmax(self) -> bool:
        return self.lowest < self.highest <= _EDGE and self.log_sum_error <= _SUM_TOLERANCE

    def describe_fault(self) -> str | None:
        """Return what no recording may meet, as scoring refuses it or gives scores that are none."""
        if self.has_nan:
            return "is not a number (NaN) on noise, clicks or the self-test's sound: such recordings will fail"
        if self.output.kind == "probs" and (self.lowest < -ROUNDING or self.highest > 1 + ROUNDING):
            return (
                f"the outputs are declared as probabilities, but are {self.lowest:.3g} to {self.highest:.3g} on noise, "
                'clicks and other sounds: declare logits, and activation = "sigmoid" or "softmax"'
            )
        return None

    def describe_doubt(self, advice: str) -> str | None:
        """Return what the outputs look like, where that is not what they are declared as."""
        if self.output.kind == "probs":
            if not self.are_softmax:
                return None
            return (
                "the outputs look like a softmax: the taxa compete for probabilities that sum to 1, and of two that "
                "call at once neither scores high"
            )
        if self.are_log_softmax and self.output.activation == "sigmoid":
            return (
                "the outputs look like logarithms of probabilities of a softmax (none above 0, and the probabilities "
                'of each row sum to 1), and a sigmoid is applied to them: set activation = "softmax", which gives '
                "these probabilities"
            )
        if not self.are_probabilities:
            return None
        what = "probabilities of a softmax" if self.are_softmax else "probabilities"
        why = "all between 0 and 1" + (", and each row sums to 1" if self.are_softmax else "")
        return (
            f"the outputs look like {what} ({why}), and a {self.output.activation} is applied to them again: {advice}"
        )


def _find_sum_error(rows: Array) -> float:
    return float(np.abs(rows.sum(axis=1, dtype=np.float64) - 1).max())


def _doubts_of(member: OpenMember, inputs: Array, options: SessionOptions, *, is_schema_1: bool) -> Iterator[str]:
    seen: dict[str, _Seen] = {}
    _look(member, inputs, options.batch_size, seen)
    for name, each in seen.items():
        if fault := each.describe_fault():
            yield f"{member.table.file}: {name}: {fault}"
    yield from (f"{member.table.file}: {mixing}" for mixing in _find_mixing(member, inputs))
    if any(each.are_probabilities for each in seen.values()):
        # A logit of a network that knows one or two taxa can be between 0 and 1 for all of these sounds by chance, but
        # hardly far from all sounds on either side, where a probability stays what it is.
        far = np.concatenate([inputs[[_LOUD, -1]] * np.float32(factor) for factor in _FAR])
        with suppress(*ORT_ERRORS):  # no recording takes a network there: if it fails, what was seen has to do
            _look(member, np.concatenate([far, -far]), options.batch_size, seen)
    for name, each in seen.items():
        if doubt := each.describe_doubt(_advise(member.table, each.output, is_schema_1=is_schema_1)):
            yield f"{member.table.file}: {name}: {doubt}"


def _find_mixing(member: OpenMember, inputs: Array) -> Iterator[str]:
    """Yield the outputs that are others for silence beside a loud noise than for silence beside silence.

    Torchaudio's AmplitudeToDB takes its floor over a whole batch, and layers in training mode their statistics.
    """
    once, again = (member.raw_outputs(inputs[[_LOUD]]) for _ in range(2))
    if not all(map(_is_same, (each.values for each in once), (each.values for each in again))):
        yield (
            "the same window has other outputs each time it is run, as with layers left in training mode (dropout): "
            "export the network in evaluation mode"
        )
        return
    if member.table.batch == 1:
        return
    beside_noise, beside_silence = (member.raw_outputs(inputs[[0, other]]) for other in (_LOUD, 0))
    for noisy, silent in zip(beside_noise, beside_silence, strict=True):
        # What silence gives may be next to nothing: as much as rounding may be of the loud window is nothing, too.
        if not _is_same(noisy.values, np.concatenate([silent.values[:1], noisy.values[1:]])):
            yield (
                f"{noisy.name}: a window's outputs depend on those that are run with it, as where a floor or a mean is "
                "taken over all of them: set batch = 1, or export the network in evaluation mode"
            )


def _is_same(some: Array, other: Array) -> bool:
    largest = float(np.abs(some[np.isfinite(some)]).max(initial=0.0))
    return np.allclose(some, other, rtol=0.0, atol=_SAME_BESIDE * largest, equal_nan=True)


def _look(member: OpenMember, inputs: Array, batch_size: int, seen: dict[str, _Seen]) -> None:
    for first in range(0, len(inputs), batch_size):
        for output in member.raw_outputs(inputs[first : first + batch_size]):
            seen.setdefault(output.name, _Seen(output)).add(output.values)


def _advise(table: MemberTable, output: RawOutput, *, is_schema_1: bool) -> str:
    """Return what to change of the member's table, where an output that is called logits holds probabilities."""
    named = ""
    if table.outputs is None:
        key = "frames" if output.values.ndim == 3 else "clip"
        named = f', with {key} = "{output.name}" in [member.outputs]{" of schema = 2" if is_schema_1 else ""}'
    return f'set kind = "probs" and activation = "none"{named} (import it with --kind probs --activation none)'
