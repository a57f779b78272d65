"""The table [member.mel]: how windows become images, as published front ends make them.

The steps, in this order: frames, spectrum, filters or a frequency crop, logarithm or PCEN, floor, normalization,
addition and division, flip, resizing, channels, mean and deviation of each channel.
"""

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from dawn_chorus.inference.packs.table import Table

Positive = Field(gt=0)


class PcenTable(Table):
    """Per-channel energy normalization; see `librosa.pcen`, whose defaults these are."""

    gain: float = Field(default=0.98, ge=0)
    bias: float = Field(default=2.0, ge=0)
    power: float = Field(default=0.5, ge=0)
    time_constant_s: float = Field(default=0.4, gt=0)
    eps: float = Field(default=1e-6, gt=0)
    input_gain: float = Field(default=1.0, gt=0)
    """What the spectrogram is multiplied by first; librosa's example takes 2^31, for sound in [-1, 1]."""


class MelTable(Table):
    """A front end that makes images; see `inference.front_end`."""

    scale: Literal["mel", "linear"] = "mel"
    """`linear`: the bins of the spectrum from f_min_hz to f_max_hz, both included, without filters."""
    n_fft: int = Positive
    win_length: int = Positive
    hop_length: int = Positive
    n_frames: int | None = Field(default=None, gt=0)
    """The power is cut or zero-padded to this number, before the logarithm and the normalization; None: as it comes."""
    n_mels: int | None = Field(default=None, gt=0)
    f_min_hz: float = Field(ge=0)
    f_max_hz: float = Positive
    mel_scale: Literal["htk", "slaney"] = "htk"
    mel_norm: Literal["none", "slaney"] = "none"
    power: float = Field(default=2.0, gt=0)
    window: Literal["hann", "hamming"] = "hann"
    """Periodic."""
    detrend: bool = False
    """Whether each frame's mean is subtracted, as scipy.signal.spectrogram does."""
    power_scale: Literal["none", "spectrum", "density", "win_length"] = "none"
    """As scipy.signal.spectrogram scales a one-sided power spectrum; `win_length`: divided by that number."""
    center: bool = True
    pad_mode: Literal["reflect", "constant"] = "reflect"
    log: Literal["db", "ln", "none", "pcen"] = "db"
    amin: float = Field(default=1e-10, gt=0)
    reference: Literal["one", "max"] = "one"
    """`max`: decibels count from the loudest point, which becomes 0."""
    top_db: float | None = Field(default=None, gt=0)
    normalize: Literal["minmax", "standard", "max", "range", "none"] = "minmax"
    normalize_scope: Literal["window", "recording"] = "window"
    range: tuple[float, float] | None = Field(default=None, strict=False)
    """For normalize = "range": values are clipped to it and mapped to 0…1."""
    eps: float = Field(default=1e-6, ge=0)
    add: float = 0.0
    divide: float = Field(default=1.0)
    flip: bool = False
    """Whether high frequencies come first."""
    resize: tuple[int, int] | None = Field(default=None, strict=False)
    """Frequencies and times of the image after resizing."""
    resize_method: Literal["bilinear", "bilinear_antialias", "bicubic", "nearest"] = "bilinear"
    channels: int = Field(default=1, gt=0)
    channel_content: Literal["repeat", "deltas"] = "repeat"
    """`deltas`: the image, its first derivative in time, its second, …"""
    delta_width: int = Field(default=9, ge=3)
    mean: tuple[float, ...] | None = Field(default=None, min_length=1, strict=False)
    """One for all channels, or one for each."""
    std: tuple[float, ...] | None = Field(default=None, min_length=1, strict=False)
    pcen: PcenTable | None = None

    def find_faults(self) -> Iterator[str]:
        """Yield a line for each combination of keys that makes no sense; it begins with the key."""
        if self.win_length > self.n_fft:
            yield f"win_length: {self.win_length} is longer than n_fft {self.n_fft}"
        if self.f_min_hz >= self.f_max_hz:
            yield f"f_min_hz: {self.f_min_hz} is not below f_max_hz {self.f_max_hz}"
        if (self.n_mels is None) == (self.scale == "mel"):
            scale = f'scale = "{self.scale}"'
            reason = "is missing: {} needs it" if self.n_mels is None else "{} has no mel filters; remove it"
            yield f"n_mels: {reason.format(scale)}"
        if self.power_scale != "none" and self.power != 2.0:
            yield f'power_scale: "{self.power_scale}" scales power = 2.0, not {self.power}'
        yield from self._unused()
        yield from self._level_faults()
        yield from self._image_faults()

    def _unused(self) -> Iterator[str]:
        """Yield keys of schema 2 that are set and would change nothing: whoever set them meant something else."""
        is_level = self.log in {"db", "ln"}
        rules = (
            ("mel_scale", self.scale == "mel", 'scale = "linear" has no mel filters'),
            ("mel_norm", self.scale == "mel", 'scale = "linear" has no mel filters'),
            ("amin", is_level, f'log = "{self.log}" does not use it'),
            ("top_db", is_level, f'log = "{self.log}" has no decibels'),
            ("pcen", self.log == "pcen", f'belongs to log = "pcen", not "{self.log}"'),
            ("range", self.normalize == "range", f'belongs to normalize = "range", not "{self.normalize}"'),
            ("resize_method", self.resize is not None, "there is no resize"),
            ("delta_width", self.channel_content == "deltas", 'belongs to channel_content = "deltas"'),
        )
        for key, is_used, reason in rules:
            if not is_used and getattr(self, key) != type(self).model_fields[key].default:
                yield f"{key}: {reason}; remove it"

    def _level_faults(self) -> Iterator[str]:
        if self.reference == "max" and self.log not in {"db", "ln"}:
            yield f'reference: "max" is a level of a logarithm, and log is "{self.log}"'
        if self.normalize == "range" and self.range is None:
            yield 'range: is missing: normalize = "range" needs [low, high]'
        if self.range is not None and self.range[0] >= self.range[1]:
            yield f"range: {self.range[0]} is not below {self.range[1]}"
        if self.normalize == "max" and (self.reference == "max" or (self.log in {"db", "ln"} and self.amin < 1)):
            yield f'normalize: "max" divides by the loudest point: reference, log = "{self.log}", amin may make it 0'
        if self.divide == 0:
            yield "divide: must not be 0"

    def _image_faults(self) -> Iterator[str]:
        if self.resize is not None and min(self.resize) < 1:
            yield f"resize: {list(self.resize)} must be a height and a width of at least 1"
        if self.channel_content == "deltas":
            yield from self._delta_faults()
        for key, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and len(values) not in {1, self.channels}:
                yield f"{key}: {len(values)} numbers for {self.channels} channels; give one, or one for each"
        if 0 in (self.std or ()):
            yield "std: must not be 0"

    def _delta_faults(self) -> Iterator[str]:
        if self.channels == 1:
            yield 'channels: 1 leaves channel_content = "deltas" no derivative; the image itself is the first channel'
        if self.delta_width % 2 == 0:
            yield f"delta_width: {self.delta_width} has no middle; use an odd number"
        elif self.delta_width < self.channels:
            yield f"delta_width: {self.delta_width} is too short for the derivatives of {self.channels} channels"

    def find_misfits(self, sample_rate_hz: int, n_samples: int) -> Iterator[str]:
        """Yield a line for each key that does not fit windows of `n_samples`; it begins with the key."""
        if self.f_max_hz > sample_rate_hz / 2:
            yield f"f_max_hz: {self.f_max_hz} is above half of sample_rate_hz {sample_rate_hz}"
        if n_samples < (self.n_fft // 2 + 1 if self.center else self.n_fft):
            yield f"n_fft: {self.n_fft} does not fit the window's {n_samples} samples"
            return
        if self.spectrum_size(sample_rate_hz, n_samples)[0] < 1:
            bins = f"no bin of n_fft {self.n_fft} at sample_rate_hz {sample_rate_hz}"
            yield f"f_min_hz: {bins} lies between {self.f_min_hz} and f_max_hz {self.f_max_hz}"
        width = self.image_size(sample_rate_hz, n_samples)[1]
        if self.channel_content == "deltas" and width < self.delta_width:
            yield f"delta_width: {self.delta_width} is longer than the image, {width} (n_frames, resize, or the window)"

    def image_size(self, sample_rate_hz: int, n_samples: int) -> tuple[int, int]:
        """Return the frequencies and times of the image of a window of `n_samples`."""
        return self.resize or self.spectrum_size(sample_rate_hz, n_samples)

    def spectrum_size(self, sample_rate_hz: int, n_samples: int) -> tuple[int, int]:
        """Return the frequencies and times of a window of `n_samples`, before resizing."""
        n_frames = self.n_frames or self._frames_of(n_samples)
        if self.n_mels is not None:
            return self.n_mels, n_frames
        first, last = self.linear_bins(sample_rate_hz)
        return last - first + 1, n_frames

    def linear_bins(self, sample_rate_hz: int) -> tuple[int, int]:
        """Return the first and the last bin of the spectrum from f_min_hz to f_max_hz, both included."""
        bins_per_hz = self.n_fft / sample_rate_hz
        return math.ceil(self.f_min_hz * bins_per_hz - 1e-6), math.floor(self.f_max_hz * bins_per_hz + 1e-6)

    def _frames_of(self, n_samples: int) -> int:
        padded = n_samples + (self.n_fft // 2 * 2 if self.center else 0)
        return 1 + (padded - self.n_fft) // self.hop_length
