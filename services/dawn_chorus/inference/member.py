"""An opened member of the ensemble: its network was checked against pack.toml and run once on silence."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.errors import DeviceUnavailable, InvalidPack
from dawn_chorus.inference.packs.network_file import NetworkFile
from dawn_chorus.inference.packs.pack import Member
from dawn_chorus.inference.session import ORT_ERRORS, Network, SessionOptions
from dawn_chorus.inference.windows import NEAR_S, Geometry

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outputs:
    """A network's outputs for a batch of windows, as probabilities."""

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


class OpenMember:
    """A member that can score. Safe to use from many threads."""

    def __init__(
        self, member: Member, file: NetworkFile, n_taxa: int, scored_s: float, options: SessionOptions
    ) -> None:
        """Raise InvalidPack, naming file and field, if the network does not match pack.toml."""
        self.table = member.table
        self.columns = slice(None) if member.columns is None else member.columns
        """Selects the member's taxa from a row of all taxa."""
        self.n_columns = n_taxa if member.columns is None else len(member.columns)
        self._name = member.name
        self.has_half_weights = file.has_half_weights
        self._network = Network(file, options)
        self._check_input()
        self._clip_output = self._choose_clip_output()
        self._outputs = self._choose_outputs()
        self.geometry = self._try_out(scored_s)

    @property
    def provider(self) -> str:
        return self._network.provider

    def score(self, inputs: Array) -> Outputs:
        """Score windows, (n_windows, *input_shape), as waveforms or mel images.

        Raises InvalidPack if a score is NaN: it would silently compare false with every threshold.
        """
        results = dict(zip(self._outputs, self._network.run({self.table.input: inputs}, self._outputs), strict=True))
        for name, result in results.items():
            self._check_numbers(name, result)
        frames, clips = results.get("frame_logits"), results.get(self._clip_output or "")
        if frames is not None:
            frames = sigmoid(frames, self.table.temperature)
        if clips is not None and self._clip_output == "clip_logits":
            clips = sigmoid(clips, self.table.temperature)
        return Outputs(frames, clips)

    def raw_outputs(self, inputs: Array) -> tuple[RawOutput, ...]:
        """Return what `score` uses of the network's outputs, as the network gives it, for windows as in `score`."""
        results = self._network.run({self.table.input: inputs}, self._outputs)
        return tuple(
            RawOutput(name, values, "probs" if name == "clip_probs" else "logits")
            for name, values in zip(self._outputs, results, strict=True)
        )

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one window: (n_samples,) or (channels, n_mels, n_frames)."""
        mel = self.table.mel
        n_samples = round(self.table.window_s * self.table.sample_rate_hz)
        if mel is None:
            return (n_samples,)
        return (mel.channels, *mel.spectrum_size(self.table.sample_rate_hz, n_samples))

    def _check_input(self) -> None:
        inputs = self._network.inputs
        if set(inputs) != {self.table.input}:
            raise self._mismatch("input", f"the network takes {sorted(inputs)}, pack.toml says {self.table.input!r}")
        kind, declared = inputs[self.table.input]
        wanted = (None, *self.input_shape)
        if kind != "tensor(float)":
            raise self._mismatch("input", f"the network takes {kind}, a pack's networks take float32")
        if declared and isinstance(declared[0], int):
            raise self._mismatch("input", f"takes {declared[0]} windows at a time; export it with a dynamic batch axis")
        fits = all(not isinstance(size, int) or size == want for size, want in zip(declared, wanted, strict=False))
        if len(declared) != len(wanted) or not fits:
            raise self._mismatch("input", f"the network takes [N, {_sizes(declared[1:])}], but {self._cause()}")

    def _cause(self) -> str:
        keys = "window_s and sample_rate_hz" if self.table.mel is None else "mel.channels, mel.n_mels and mel.n_frames"
        return f"{keys} make [N, {_sizes(self.input_shape)}]"

    def _choose_clip_output(self) -> str | None:
        if self.table.rule == "frame_max":
            return None
        for name in ("clip_probs", "clip_logits"):
            if name in self._network.outputs:
                return name
        raise self._mismatch(
            "rule", f'"clip" needs clip_probs or clip_logits; the network gives {self._network.outputs}'
        )

    def _choose_outputs(self) -> tuple[str, ...]:
        framewise = "frame_logits" in self._network.outputs
        if self.table.rule == "frame_max" and not framewise:
            raise self._mismatch("rule", f'"frame_max" needs frame_logits; the network gives {self._network.outputs}')
        frames = ("frame_logits",) if framewise else ()
        return frames if self._clip_output is None else (*frames, self._clip_output)

    def _try_out(self, scored_s: float) -> Geometry:
        """Run two silent windows: declared shapes may be dynamic, real ones are not, and a broken device fails here."""
        silence = np.zeros((2, *self.input_shape), np.float32)
        try:
            results = self._network.run({self.table.input: silence}, self._outputs)
        except ORT_ERRORS as error:
            if self.provider != "CPUExecutionProvider":
                raise DeviceUnavailable(f"{self._name}: fails on {self.provider}: {error}") from error
            raise self._mismatch("input", f"the network fails on [2, {_sizes(self.input_shape)}]: {error}") from error
        shapes = {name: result.shape for name, result in zip(self._outputs, results, strict=True)}
        for (name, shape), result in zip(shapes.items(), results, strict=True):
            self._check_output(name, shape)
            self._check_numbers(name, result)
        return self._measure(shapes["frame_logits"][1] if "frame_logits" in shapes else 0, scored_s)

    def _check_output(self, name: str, shape: tuple[int, ...]) -> None:
        wanted = f"[N, n_frames, {self.n_columns}]" if name == "frame_logits" else f"[N, {self.n_columns}]"
        if len(shape) != wanted.count(",") + 1 or shape[0] != 2 or 0 in shape:
            raise self._mismatch(name, f"is [{_sizes(shape)}] for 2 windows, a pack's networks give {wanted}")
        if shape[-1] != self.n_columns:
            source = self.table.columns or "the taxa table"
            raise self._mismatch(name, f"has {shape[-1]} columns, but {source} has {self.n_columns} taxa")

    def _check_numbers(self, name: str, result: Array) -> None:
        if np.isnan(result).any():
            raise self._mismatch(name, "is not a number (NaN) in places: its weights are damaged, or overflow")

    def _measure(self, n_frames: int, scored_s: float) -> Geometry:
        table = self.table
        step_s = table.frame_step_s or table.window_s / max(1, n_frames)
        steps = table.hop_s / step_s
        if table.rule == "frame_max" and (round(steps) < 1 or abs(steps - round(steps)) > NEAR_S * max(1.0, steps)):
            raise self._mismatch(
                "hop_s", f"{table.hop_s} is {steps:.6g} frame steps of {step_s:.6g} s; it must be a whole number"
            )
        geometry = Geometry(table.rule, table.window_s, scored_s, table.hop_s, n_frames, table.frame_start_s, step_s)
        if table.rule == "frame_max" and not geometry.reaches_all:
            row = f"windows of {table.window_s} s every {table.hop_s} s"
            raise self._mismatch("hop_s", f"{row} leave some scored windows of {scored_s} s without a frame")
        return geometry

    def _mismatch(self, field: str, reason: str) -> InvalidPack:
        return InvalidPack(f"{self._name}: {field}: {reason}")


def sigmoid(logits: Array, temperature: float) -> Array:
    """Compute 1 / (1 + e^(−logits / temperature)) in place."""
    with np.errstate(over="ignore"):  # e^∞ correctly becomes a score of 0
        logits *= np.float32(-1.0 / temperature)
        np.exp(logits, out=logits)
        logits += 1.0
        return np.reciprocal(logits, out=logits)


def _sizes(shape: "tuple[int, ...] | list[int | str | None]") -> str:
    return ", ".join("?" if size is None else str(size) for size in shape)
