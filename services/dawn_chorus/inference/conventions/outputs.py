"""A network's outputs: which of them are read, how their axes lie, and what makes probabilities of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.inference.conventions.activations import sigmoid, softmax
from dawn_chorus.inference.conventions.inputs import Sizes, sizes
from dawn_chorus.inference.packs.manifest_tables import MemberTable, OutputsTable

Array = NDArray[np.float32]
ROUNDING = 1e-4
"""How far beyond 0 and 1 probabilities may lie: what 32 or 16 bits round away."""


@dataclass(frozen=True, slots=True)
class Output:
    """An output that scores are read from."""

    name: str
    """The network's."""
    key: Literal["clip", "frames"]
    """Of [member.outputs]."""
    axes: tuple[str, ...]
    """What each axis counts: `N`, `n_frames`, `n_columns`."""
    kind: Literal["logits", "probs"]
    activation: Literal["sigmoid", "softmax", "none"]
    temperature: float
    is_bounded: bool
    """Whether pack.toml says that these are probabilities, so that they have to lie in [0, 1]."""

    @property
    def columns_axis(self) -> int:
        return self.axes.index("n_columns")

    @property
    def frames_axis(self) -> int:
        return self.axes.index("n_frames")

    def arrange(self, result: Array) -> Array:
        """Return a result with the columns last."""
        return result if self.columns_axis == result.ndim - 1 else np.ascontiguousarray(result.swapaxes(1, 2))

    def activate(self, raw: Array) -> Array:
        """Turn raw scores, (..., n_columns), into probabilities, in place."""
        if self.activation == "sigmoid":
            return sigmoid(raw, self.temperature)
        if self.activation == "softmax":
            return softmax(raw, self.temperature)
        return np.clip(raw, 0.0, 1.0, out=raw) if self.is_bounded else raw

    def find_value_fault(self, raw: Array) -> str | None:
        """Return what is wrong with raw scores, (..., n_columns), or None."""
        if np.isnan(raw).any():
            causes = "its weights are damaged or overflow, or the network divides by the loudness of silence"
            return f"{self.name}: is not a number (NaN) in places: {causes}"
        if self.activation == "softmax" and not np.isfinite(raw.max(axis=-1)).all():
            return (
                f"{self.name}: is infinite in places, which no softmax can weigh: its weights are damaged, or overflow"
            )
        if self.is_bounded and raw.size and (raw.min() < -ROUNDING or raw.max() > 1 + ROUNDING):
            odd = raw.min() if raw.min() < -ROUNDING else raw.max()
            return (
                f"{self.name}: is {odd:.6g} in places, so these are no probabilities; set outputs.kind = "
                '"logits" and activation = "sigmoid" or "softmax", as the network was trained'
            )
        return None

    def find_shape_fault(self, shape: Sizes, n_windows: int | None, n_columns: int, source: str) -> str | None:
        """Return what is wrong with the shape of a result, or None.

        `n_windows`: how many windows it is of; None: the shape is only declared. `source`: what counts the columns.
        """
        counts_windows = n_windows is None or shape[:1] == (n_windows,)
        if len(shape) != len(self.axes) or 0 in shape or not counts_windows:
            wanted = ", ".join(self.axes).replace("n_columns", str(n_columns))
            of_windows = "" if n_windows is None else f" for {n_windows} windows"
            return f"{self.name}: is [{sizes(shape)}]{of_windows}, a pack's networks give [{wanted}]"
        found = shape[self.columns_axis]
        if not isinstance(found, int) or found == n_columns:
            return None
        turned = len(shape) == 3 and shape[3 - self.columns_axis] == n_columns
        advice = f"; set outputs.frames_axis = {self.columns_axis}" if turned else ""
        return f"{self.name}: has {found} columns, but {source} has {n_columns} taxa{advice}"


def choose_outputs(table: MemberTable, given: Sequence[str]) -> tuple[Output | None, Output | None, list[str]]:
    """Return the outputs of frames and of clips, and what is missing, a line each; `given`: all that the network has.

    Clips are None under rule `frame_max`, which does not use them.
    """
    frames, clip, faults = _choose_named(table, table.outputs, given) if table.outputs else _choose_usual(table, given)
    return frames, clip if table.rule == "clip" else None, faults


def _choose_named(
    table: MemberTable, named: OutputsTable, given: Sequence[str]
) -> tuple[Output | None, Output | None, list[str]]:
    """Choose what [member.outputs] names."""
    faults = [
        f"outputs.{key}: the network gives {list(given)}, pack.toml says {name!r}"
        for key, name in (("frames", named.frames), ("clip", named.clip))
        if name is not None and name not in given
    ]
    needed, name = ("clip", named.clip) if table.rule == "clip" else ("frames", named.frames)
    if name is None:
        faults.append(f'outputs.{needed}: is missing: rule = "{table.rule}" needs it; the network gives {list(given)}')
    frames = (
        _output(table, named.frames, "frames", named.kind)
        if named.frames is not None and named.frames in given
        else None
    )
    clip = _output(table, named.clip, "clip", named.kind) if named.clip is not None and named.clip in given else None
    return frames, clip, faults


def _choose_usual(table: MemberTable, given: Sequence[str]) -> tuple[Output | None, Output | None, list[str]]:
    """Choose by the names that a pack's networks have where pack.toml gives none."""
    frames = _output(table, "frame_logits", "frames", "logits") if "frame_logits" in given else None
    clip = _output(table, "clip_logits", "clip", "logits") if "clip_logits" in given else None
    if "clip_probs" in given:
        clip = _output(table, "clip_probs", "clip", "probs")
    if table.rule == "clip" and clip is None:
        needed, key = "clip_probs or clip_logits", "clip"
    elif table.rule == "frame_max" and frames is None:
        needed, key = "frame_logits", "frames"
    else:
        return frames, clip, []
    fault = f'rule: "{table.rule}" needs {needed}; the network gives {list(given)}: name it in [member.outputs] {key}'
    return frames, clip, [fault]


def _output(table: MemberTable, name: str, key: Literal["clip", "frames"], kind: Literal["logits", "probs"]) -> Output:
    axes: tuple[str, ...] = ("N", "n_columns")
    if key == "frames":
        late = table.outputs is not None and table.outputs.frames_axis == 2
        axes = ("N", "n_columns", "n_frames") if late else ("N", "n_frames", "n_columns")
    activation = "none" if kind == "probs" else table.activation or "sigmoid"
    return Output(
        name or "", key, axes, kind, activation, table.temperature, kind == "probs" and table.outputs is not None
    )
