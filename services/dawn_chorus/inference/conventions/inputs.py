"""A network's input: its name, the axes of its images, and how many windows it takes at a time."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.inference.packs.manifest_tables import MemberTable

Array = NDArray[np.float32]
Sizes = Sequence[int | str | None]
"""A declared shape; a dimension that is not a number is dynamic."""

_AXES = {
    ("frequency_major", "last"): (0, 2, 3, 1),
    ("time_major", "first"): (0, 1, 3, 2),
    ("time_major", "last"): (0, 3, 2, 1),
    ("frequency_major", "none"): (0, 2, 3, 1),
    ("time_major", "none"): (0, 3, 2, 1),
}
"""Where the axes come from, of (n_windows, channels, frequencies, times); the one channel that has no axis is last."""


class NetworkInput:
    """What a network takes, as pack.toml declares it."""

    def __init__(self, table: MemberTable) -> None:
        self._table = table
        self.name = table.input_name or table.input
        self.batch = None if table.batch == "dynamic" else table.batch
        """How many windows are run at a time; None: as many as there are."""
        self.window_shape = _window_shape(table)
        """Of one window, as front ends make it: (n_samples,) or (channels, frequencies, times)."""
        self._where = table.channel_axis or ("none" if table.mel is None else "first")
        self.shape = self._arrange(np.empty((1, *self.window_shape), np.float32)).shape[1:]
        """Of one window, as the network takes it."""

    def _arrange(self, windows: Array) -> Array:
        return _arrange(windows, self._table.layout, self._where, is_image=self._table.mel is not None)

    def batches(self, windows: Array) -> Iterator[tuple[Array, int]]:
        """Yield what the network is run on, contiguous, and how many of its windows are real: the rest are zeros."""
        arranged = np.ascontiguousarray(self._arrange(windows))
        if self.batch is None:
            yield arranged, len(arranged)
            return
        for first in range(0, len(arranged), self.batch):
            part = arranged[first : first + self.batch]
            n_real = len(part)
            if n_real < self.batch:
                part = np.concatenate([part, np.zeros((self.batch - n_real, *self.shape), np.float32)])
            yield part, n_real

    def find_faults(self, inputs: Mapping[str, tuple[str, Sizes]]) -> list[str]:
        """Return what the network takes otherwise, a line each; `inputs`: its element types and shapes by name."""
        faults = list(self._find_name_faults(list(inputs)))
        taken = inputs.get(self.name) or (next(iter(inputs.values())) if len(inputs) == 1 else None)
        if taken is not None:
            faults += self._find_shape_faults(*taken)
        return faults

    def _find_name_faults(self, names: list[str]) -> Iterator[str]:
        others = sorted(set(names) - {self.name})
        if self.name not in names:
            field = "input_name" if self._table.input_name else "input"
            advice = f"; set input_name = {names[0]!r}" if len(names) == 1 else ""
            yield f"{field}: the network takes {others}, pack.toml says {self.name!r}{advice}"
        elif others:
            advice = "a pack's networks take windows only; export it without the other inputs, or with values for them"
            yield f"input: the network takes {others} besides {self.name!r}; {advice}"

    def _find_shape_faults(self, kind: str, declared: Sizes) -> Iterator[str]:
        if kind != "tensor(float)":
            yield f"input: the network takes {kind}, a pack's networks take float32"
        if declared and isinstance(declared[0], int) and declared[0] != self.batch:
            says = '"dynamic"' if self.batch is None else str(self.batch)
            advice = f"set batch = {declared[0]}, or export it with a dynamic batch axis"
            takes = "one window" if declared[0] == 1 else f"{declared[0]} windows"
            yield f"batch: the network takes {takes} at a time, pack.toml says {says}; {advice}"
        if declared and not fits(declared[1:], self.shape):  # a shape that is not declared shows when it is run
            advice = self._advise_axes(declared[1:])
            yield f"input: the network takes [N, {sizes(declared[1:])}], but {self._cause()}{advice}"

    def _advise_axes(self, declared: Sizes) -> str:
        """Return the keys that would make windows of the declared shape, if any would."""
        windows = np.empty((1, *self.window_shape), np.float32)
        layouts = ("frequency_major", "time_major") if self._table.mel else (self._table.layout,)
        places = ("first", "last") if self._table.mel and self._table.mel.channels > 1 else ("first", "last", "none")
        for layout, where in product(layouts, places):
            fitting = _arrange(windows, layout, where, is_image=self._table.mel is not None)
            if fits(declared, fitting.shape[1:]):
                axes = f'layout = "{layout}" and ' if self._table.mel else ""
                return f'; set {axes}channel_axis = "{where}"'
        return ""

    def _cause(self) -> str:
        keys = ["window_s", "sample_rate_hz"]
        if self._table.mel is not None:
            keys = ["mel.channels", *(["mel.resize"] if self._table.mel.resize else ["mel.n_mels", "mel.n_frames"])]
        keys += [key for key in ("layout", "channel_axis") if key in self._table.model_fields_set]
        return f"{', '.join(keys[:-1])} and {keys[-1]} make [N, {sizes(self.shape)}]"


def _arrange(windows: Array, layout: str, where: str, *, is_image: bool) -> Array:
    """Return waveforms or images with their axes in another order; `where`: the channel's."""
    if not is_image:
        return windows if where == "none" else np.expand_dims(windows, 1 if where == "first" else 2)
    axes = _AXES.get((layout, where))
    if axes is None:
        return windows
    return windows.transpose(axes)[..., 0] if where == "none" else windows.transpose(axes)


def _window_shape(table: MemberTable) -> tuple[int, ...]:
    n_samples = round(table.window_s * table.sample_rate_hz)
    if table.mel is None:
        return (n_samples,)
    return (table.mel.channels, *table.mel.image_size(table.sample_rate_hz, n_samples))


def fits(declared: Sizes, shape: Sizes) -> bool:
    """Return whether the sizes that are declared as numbers are those of a shape, as far as it is known."""
    return len(declared) == len(shape) and all(
        not isinstance(size, int) or not isinstance(want, int) or size == want
        for size, want in zip(declared, shape, strict=True)
    )


def sizes(shape: Sizes) -> str:
    """Return a shape as text, without brackets."""
    return ", ".join("?" if size is None else str(size) for size in shape)
