"""Which input of a network gets the sound, and as what: a waveform or an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.packs.names import shown
from dawn_chorus.model_import.front_end_files import FrontEnd, named
from dawn_chorus.model_import.network.graph import Shape, TensorFacts, sizes

Layout = Literal["frequency_major", "time_major"]
ChannelAxis = Literal["first", "last", "none"]
_SHORTEST_WAVEFORM = 2048
"""Of [N, 1, n] and [N, n, 1]: fewer numbers are an image."""


@dataclass(frozen=True, slots=True)
class ChosenInput:
    """The input that gets the sound."""

    name: str
    shape: Shape
    """As declared, with the axis of windows."""
    is_waveform: bool
    channel_axis: ChannelAxis = "none"
    """Of a waveform: where the axis of its one channel is."""

    @property
    def batch(self) -> int | None:
        """The number of windows that the network takes at a time; None: any."""
        return self.shape[0] if isinstance(self.shape[0], int) else None

    @property
    def n_samples(self) -> int | None:
        """The samples of a window, where they are declared."""
        size = self.shape[1 if self.channel_axis == "last" else -1]
        return size if self.is_waveform and isinstance(size, int) else None

    def window_shape(self, n_samples: int) -> tuple[int, ...]:
        """Return the shape of a waveform's window."""
        return {"first": (1, n_samples), "last": (n_samples, 1), "none": (n_samples,)}[self.channel_axis]


@dataclass(frozen=True, slots=True)
class Axes:
    """How an image is laid out, and a window's shape."""

    layout: Layout
    channel_axis: ChannelAxis
    shape: tuple[int, ...]
    """Without the axis of windows."""


def choose_input(inputs: Sequence[TensorFacts], wanted: str | None, file: str) -> TensorFacts:
    """Return the input that gets the sound. Raises PermanentError where several could, or none can."""
    if not inputs:
        raise PermanentError(f"{file}: has no input")
    listed = ", ".join(map(str, inputs))
    if wanted is not None:
        found = next((each for each in inputs if each.name == wanted), None)
        if found is None:
            raise PermanentError(f"--input {wanted}: {file} has {listed}")
    elif len(inputs) > 1:
        raise PermanentError(f"{file}: has {len(inputs)} inputs: {listed}: name the one for the sound with --input")
    else:
        found = inputs[0]
    if found.element != "float32":
        how = "keep float32 at its inputs and outputs"
        if "int" in found.element:
            how = "export it without quantization"
        raise PermanentError(f"{file}: input {shown(found.name)} is {found.element}, sound is float32: {how}")
    return found


def classify_input(tensor: TensorFacts, front_end: FrontEnd | None, file: str) -> ChosenInput:
    """Return what the input is by its axes. Raises PermanentError for one that no pack can feed."""
    shape, n_axes = tensor.shape, len(tensor.shape)
    makes_images = front_end is not None and front_end.mel is not None
    if n_axes == 2:
        if makes_images:
            raise PermanentError(
                f"--front-end {_name(front_end)}: makes images, but {file} takes waveforms, {sizes(shape)}"
            )
        return ChosenInput(tensor.name, shape, is_waveform=True)
    if n_axes == 3 and not makes_images:
        if shape[1] == 1 and _is_long(shape[2]):
            return ChosenInput(tensor.name, shape, is_waveform=True, channel_axis="first")
        if shape[2] == 1 and _is_long(shape[1]):
            return ChosenInput(tensor.name, shape, is_waveform=True, channel_axis="last")
    if n_axes in {3, 4}:
        return ChosenInput(tensor.name, shape, is_waveform=False)
    raise PermanentError(
        f"{file}: input {shown(tensor.name)} is {sizes(shape)}: a pack's networks take waveforms, [N, samples], or "
        "images, [N, channels, frequencies, times]"
    )


def _is_long(size: int | str) -> bool:
    return not isinstance(size, int) or size >= _SHORTEST_WAVEFORM


def _name(front_end: FrontEnd | None) -> str:
    return "" if front_end is None else front_end.name


def check_samples(chosen: ChosenInput, sample_rate_hz: int, window_s: float, file: str) -> None:
    """Raise PermanentError where a waveform's declared samples are not the rate times the window."""
    declared, n_samples = chosen.n_samples, round(window_s * sample_rate_hz)
    if declared is not None and declared != n_samples:
        fits = declared / sample_rate_hz
        raise PermanentError(
            f"{file}: takes {declared:,} samples: at {sample_rate_hz:,} Hz that are {fits:.10g} s, not {window_s:g}: "
            f"give --window {fits:.10g}, or the --sample-rate that it was trained with"
        )
    if n_samples < 1:
        raise PermanentError(f"--window {window_s:g}: is shorter than a sample of {sample_rate_hz:,} Hz")


def suggest_windows(n_samples: int) -> list[tuple[int, float]]:
    """Return rates and lengths in whole seconds that make so many samples, usual ones first."""
    rates = (32000, 48000, 22050, 16000, 44100, 24000, 96000, 192000, 256000)
    return [(rate, n_samples / rate) for rate in rates if n_samples % rate == 0 and n_samples // rate <= 30]


def find_axes(
    chosen: ChosenInput, front_end: FrontEnd | None, sample_rate_hz: int, window_s: float, file: str
) -> tuple[Axes, str]:
    """Return the axes of the images, and what to say of them. Raises PermanentError where sizes do not match."""
    if front_end is None or front_end.mel_table is None:
        lacks = "" if front_end is None else f"--front-end {front_end.name} makes no images: "
        raise PermanentError(
            f"{file}: {lacks}takes images, {sizes(chosen.shape)}: give --front-end: {named(images=True)}, or a file"
        )
    mel, n_samples = front_end.mel_table, round(window_s * sample_rate_hz)
    if misfits := list(mel.find_misfits(sample_rate_hz, n_samples)):
        raise PermanentError(f"--front-end {front_end.name}: {'; '.join(misfits)}")
    size = mel.image_size(sample_rate_hz, n_samples)
    found = [axes for axes in _possible(size, mel.channels, front_end) if _fits(axes.shape, chosen.shape[1:])]
    if not found:
        raise PermanentError(
            f"{file}: takes {sizes(chosen.shape)}, but --front-end {front_end.name} makes {size[0]} frequencies × "
            f"{size[1]} times, channels: {mel.channels}, of {window_s:g} s at {sample_rate_hz:,} Hz: give a copy of "
            f"{front_end.path} with what differs"
        )
    axes = next((each for each in found if (each.layout, each.channel_axis) == ("frequency_major", "first")), found[0])
    said = f"images are [N, {', '.join(_named_axes(axes))}]"
    if len(found) > 1:
        said += ", by default: sizes leave it open; else set layout and channel_axis in the front end's file"
    return axes, said


def _possible(size: tuple[int, int], channels: int, front_end: FrontEnd) -> list[Axes]:
    layouts: list[Layout] = ["frequency_major", "time_major"]
    places: list[ChannelAxis] = ["first", "last", "none"]
    found = []
    for layout in layouts:
        height, width = size if layout == "frequency_major" else size[::-1]
        for place in places:
            stated = front_end.member.get("layout", layout), front_end.member.get("channel_axis", place)
            if stated == (layout, place) and (place != "none" or channels == 1):
                shapes = {
                    "first": (channels, height, width),
                    "last": (height, width, channels),
                    "none": (height, width),
                }
                found.append(Axes(layout, place, shapes[place]))
    return found


def _fits(shape: tuple[int, ...], declared: Shape) -> bool:
    return len(shape) == len(declared) and all(
        not isinstance(wanted, int) or wanted == size for wanted, size in zip(declared, shape, strict=True)
    )


def _named_axes(axes: Axes) -> list[str]:
    names = ["frequencies", "times"] if axes.layout == "frequency_major" else ["times", "frequencies"]
    return {"first": ["channels", *names], "last": [*names, "channels"], "none": names}[axes.channel_axis]
