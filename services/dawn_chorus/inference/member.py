"""An opened member of the ensemble: its network was checked against pack.toml and run once on silence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.errors import DeviceUnavailable, InvalidPack
from dawn_chorus.inference.conventions.inputs import NetworkInput, Sizes, sizes
from dawn_chorus.inference.conventions.outputs import Output, choose_outputs
from dawn_chorus.inference.packs.manifest_tables import ScoreTable
from dawn_chorus.inference.packs.network_file import NetworkFile
from dawn_chorus.inference.packs.pack import Member
from dawn_chorus.inference.session import ORT_ERRORS, Network, SessionOptions
from dawn_chorus.inference.windows import NEAR_S, Geometry

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outputs:
    """A network's outputs for a batch of windows."""

    frames: Array | None
    """(n_windows, n_frames, n_columns)"""
    clips: Array | None
    """(n_windows, n_columns); None under rule `frame_max`, which does not use it."""


@dataclass(frozen=True, slots=True)
class RawOutput:
    """What a network gives, before temperature and activation."""

    name: str
    """As the network calls it."""
    values: Array
    """(n_windows, n_columns) of clips, (n_windows, n_frames, n_columns) of frames."""
    kind: Literal["logits", "probs"]
    """As declared."""
    activation: Literal["sigmoid", "softmax", "none"]
    """What makes probabilities of them."""


class OpenMember:
    """A member that can score. Safe to use from many threads."""

    def __init__(
        self, member: Member, file: NetworkFile, n_taxa: int, score: ScoreTable, options: SessionOptions
    ) -> None:
        """Raise InvalidPack, with everything in which the network does not match pack.toml."""
        self.table = member.table
        scored = member.scored_taxa
        self.columns = slice(None) if scored is None else scored
        """Selects the taxa that the member scores from a row of all taxa."""
        self.n_columns = n_taxa if scored is None else len(scored)
        self._n_outputs = n_taxa if member.columns is None else len(member.columns)
        self._n_doubtful, self._kept = member.n_doubtful, member.kept
        self._name = member.name
        self.has_half_weights = file.has_half_weights
        self._network = Network(file, options)
        self._input = NetworkInput(member.table)
        faults = self._input.find_faults(self._network.inputs)
        can_run = not faults
        self.frame_output, self.clip_output, missing = choose_outputs(member.table, self._network.outputs)
        faults += missing
        shapes = self._try_out(faults) if can_run else self._check_declared(faults)
        self.geometry = self._measure(shapes, score, faults)
        if faults:
            raise InvalidPack(*(f"{self._name}: {fault}" for fault in faults))

    @property
    def provider(self) -> str:
        return self._network.provider

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one window, before it is laid out as the network takes it: (n_samples,) or (channels, …)."""
        return self._input.window_shape

    def score(self, windows: Array) -> Outputs:
        """Return the probabilities of the member's taxa in windows, (n_windows, *input_shape), waveforms or images.

        Raises InvalidPack if a score is NaN, which would silently compare false with every threshold, or lies outside
        [0, 1] although pack.toml calls it a probability.
        """
        results = self._run(windows)
        for output, result in zip(self._outputs, results, strict=True):
            if fault := output.find_value_fault(result):
                raise InvalidPack(f"{self._name}: {fault}")
        scores = {
            output.key: self._select(output.activate(result))
            for output, result in zip(self._outputs, results, strict=True)
        }
        return Outputs(scores.get("frames"), scores.get("clip"))

    def raw_outputs(self, windows: Array) -> tuple[RawOutput, ...]:
        """Return what `score` uses of the network's outputs, as the network gives it, for windows as in `score`."""
        return tuple(
            RawOutput(output.name, result, output.kind, output.activation)
            for output, result in zip(self._outputs, self._run(windows), strict=True)
        )

    def _run(self, windows: Array) -> list[Array]:
        """Return the network's outputs for windows, columns last, run in as many batches as it needs."""
        parts = [
            [result[:n_real] for result in self._run_batch(batch)] for batch, n_real in self._input.batches(windows)
        ]
        whole = parts[0] if len(parts) == 1 else [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]
        return [output.arrange(result) for output, result in zip(self._outputs, whole, strict=True)]

    def _select(self, scores: Array) -> Array:
        """Return the columns that are not left to other members."""
        return scores if self._kept is None else scores[..., self._kept]

    @property
    def _outputs(self) -> tuple[Output, ...]:
        return tuple(output for output in (self.frame_output, self.clip_output) if output is not None)

    def _run_batch(self, batch: Array) -> list[Array]:
        return self._network.run({self._input.name: batch}, [output.name for output in self._outputs])

    def _try_out(self, faults: list[str]) -> Mapping[str, Sizes]:
        """Return the shapes of outputs of two silent windows, or of a batch, by key; those that are wrong are faults.

        Declared shapes may be dynamic, real ones are not, and a broken device fails here.
        """
        n_windows = self._input.batch or 2
        [(silence, _)] = self._input.batches(np.zeros((n_windows, *self.input_shape), np.float32))
        try:
            results = self._run_batch(silence) if self._outputs else []
        except ORT_ERRORS as error:
            if self.provider != "CPUExecutionProvider":
                raise DeviceUnavailable(f"{self._name}: fails on {self.provider}: {error}") from error
            advice = "" if self._input.batch else "; set batch = 1 if it takes one window at a time"
            faults.append(f"input: the network fails on [{sizes(silence.shape)}]{advice}: {error}")
            return {}
        shapes: dict[str, Sizes] = {}
        for output, result in zip(self._outputs, results, strict=True):
            fault = self._find_shape_fault(output, result.shape, n_windows)
            if fault := fault or output.find_value_fault(output.arrange(result)):
                faults.append(fault)
            else:
                shapes[output.key] = result.shape
        return shapes

    def _check_declared(self, faults: list[str]) -> Mapping[str, Sizes]:
        """Check the outputs of a network that cannot be run, as it declares them; return nothing."""
        declared = self._network.output_shapes
        found = (self._find_shape_fault(output, declared[output.name], None) for output in self._outputs)
        faults += [fault for fault in found if fault]
        return {}

    def _find_shape_fault(self, output: Output, shape: Sizes, n_windows: int | None) -> str | None:
        source, n_most = self.table.columns or "the taxa table", self._n_outputs
        fault = output.find_shape_fault(shape, n_windows, n_most, source)
        may_be = range(n_most - self._n_doubtful, n_most)
        return fault if all(output.find_shape_fault(shape, n_windows, n, source) for n in may_be) else None

    def _measure(self, shapes: Mapping[str, Sizes], score: ScoreTable, faults: list[str]) -> Geometry:
        """Return the member's windows and frames; those of rule `frame_max` must leave no scored window without one."""
        table, shape = self.table, shapes.get("frames")
        n_frames = 0 if shape is None or self.frame_output is None else int(shape[self.frame_output.frames_axis] or 0)
        step_s = table.frame_step_s or table.window_s / max(1, n_frames)
        scored_s, inner_s = score.window_s, table.inner_s or table.window_s
        geometry = Geometry(
            table.rule, table.window_s, scored_s, table.hop_s, n_frames, table.frame_start_s, step_s, inner_s
        )
        faults += self._find_inner_faults(geometry, score.shifts_s)
        if table.rule == "clip" or not n_frames:
            return geometry
        steps = table.hop_s / step_s
        if round(steps) < 1 or abs(steps - round(steps)) > NEAR_S * max(1.0, steps):
            faults.append(
                f"hop_s: {table.hop_s} is {steps:.6g} frame steps of {step_s:.6g} s; it must be a whole number"
            )
        elif not geometry.reaches_all:
            row = f"windows of {table.window_s} s every {table.hop_s} s"
            faults.append(f"hop_s: {row} leave some scored windows of {scored_s} s without a frame")
        return geometry

    def _find_inner_faults(self, geometry: Geometry, shifts_s: tuple[float, ...]) -> Iterator[str]:
        if self.table.inner_s is None:
            return
        if self.frame_output is None:
            yield "inner_s: says which frames are used, and the network has none; remove it"
        elif (step_s := geometry.widest_step_s(shifts_s)) > geometry.inner_s + NEAR_S:
            more = "a shorter hop_s" if geometry.rule == "frame_max" else "more shifts_s in [score]"
            yield (
                f"inner_s: {geometry.inner_s} leaves gaps between windows that begin {step_s:.6g} s apart; "
                f"set at least {step_s:.6g}, or {more}"
            )
