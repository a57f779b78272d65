"""The tables of a pack.toml, their keys, types and the rules between them.

Unknown keys are errors: a misspelled option that is silently ignored would change scores unnoticed.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from dawn_chorus.inference.packs.mel_table import MelTable, Positive
from dawn_chorus.inference.packs.member_rules import find_member_faults, find_outputs_faults
from dawn_chorus.inference.packs.table import Table

_MOST_RATE_HZ = 10_000_000
_MOST_SAMPLES = 2**31 - 1
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ScoreTable(Table):
    """How window scores are computed; positions in seconds."""

    window_s: float = Field(default=5.0, gt=0)
    """The scored window; members may see more audio around it."""
    shifts_s: tuple[float, ...] = Field(default=(0.0,), min_length=1, strict=False)
    shift_weights: tuple[float, ...] | None = Field(default=None, strict=False)
    """One per shift, of any sum; None: equal weights."""
    smoothing: tuple[float, ...] = Field(default=(1.0,), min_length=1, strict=False)
    """Weights of neighboring windows; the middle one is the window's own."""

    def find_faults(self) -> Iterator[str]:
        weights = self.shift_weights
        if weights is not None and len(weights) != len(self.shifts_s):
            yield f"shift_weights: {len(weights)} weights for {len(self.shifts_s)} shifts_s"
        if weights and (min(weights) < 0 or sum(weights) <= 0):
            yield "shift_weights: must not be negative, and not all 0"
        if len(self.smoothing) % 2 == 0:
            yield f"smoothing: {len(self.smoothing)} weights have no middle; use an odd number"
        if min(self.smoothing) < 0 or not 0 < sum(self.smoothing) <= 1 + 1e-6:
            yield "smoothing: weights must not be negative, and their sum must lie in (0, 1]"


class DetectionTable(Table):
    """The event rule; see `domain.event_rules.EventRule`."""

    onset_threshold: float = Field(default=0.5, ge=0, le=1)
    offset_threshold: float = Field(default=0.3, ge=0, le=1)
    min_event_s: float = Field(default=0.0, ge=0)
    min_gap_s: float = Field(default=0.5, ge=0)

    def find_faults(self) -> Iterator[str]:
        if self.offset_threshold > self.onset_threshold:
            yield f"offset_threshold: {self.offset_threshold} is above the onset_threshold {self.onset_threshold}"


class OutputsTable(Table):
    """What a network calls its outputs, and what they are."""

    clip: str | None = Field(default=None, min_length=1)
    """(n_windows, n_columns)"""
    frames: str | None = Field(default=None, min_length=1)
    """(n_windows, n_frames, n_columns)"""
    kind: Literal["logits", "probs"] = "logits"
    frames_axis: Literal[1, 2] = 1
    """Which axis counts the frames; 2: the output is (n_windows, n_columns, n_frames)."""

    def find_faults(self) -> Iterator[str]:
        return find_outputs_faults(self)


class MemberTable(Table):
    """One network of the ensemble."""

    file: str
    sha256: Sha256 | None = None
    """Needed in schema 1; from schema 2 on it stands in [files]."""
    weight: float = Field(default=1.0, gt=0)
    input: Literal["mel", "waveform"]
    sample_rate_hz: int = Positive
    window_s: float = Positive
    """The network's input."""
    hop_s: float = Positive
    rule: Literal["clip", "frame_max"]
    resampler: Literal["soxr_hq", "soxr_vhq", "kaiser_fast"] = "soxr_hq"
    temperature: float = Field(default=1.0, gt=0)
    columns: str | None = None
    """A file of taxon codes, one a line; None: all taxa, in their order."""
    excludes: str | None = None
    """A file of taxon codes, one a line: taxa among the columns that are left to other members."""
    input_name: str | None = Field(default=None, min_length=1)
    """What the network calls its input; None: as `input`."""
    outputs: OutputsTable | None = None
    """None: `clip_logits` or `clip_probs`, and `frame_logits`."""
    activation: Literal["sigmoid", "softmax", "none"] | None = None
    """What turns outputs into probabilities; None: a sigmoid for logits, nothing for probabilities."""
    batch: Literal["dynamic"] | Annotated[int, Field(gt=0)] = "dynamic"
    """How many windows the network takes at a time."""
    waveform_scale: Literal["none", "peak"] = "none"
    """`peak`: each window is scaled so that its loudest sample is `peak`; silence stays silence."""
    peak: float = Field(default=1.0, gt=0)
    remove_mean: bool = False
    """Whether each window's mean is subtracted, before it is scaled."""
    layout: Literal["frequency_major", "time_major"] = "frequency_major"
    """Which of an image's axes comes first."""
    channel_axis: Literal["first", "last", "none"] | None = None
    """Where the channels are; `none`: there is one, without an axis. None: `first` in images, `none` in waveforms."""
    frame_start_s: float = 0.0
    frame_step_s: float | None = Field(default=None, gt=0)
    inner_s: float | None = Field(default=None, gt=0)
    """The part in a window's middle whose frames are used for framewise scores; None: all of it."""
    mel: MelTable | None = None

    def find_faults(self) -> Iterator[str]:
        if (self.mel is None) == (self.input == "mel"):
            yield f'mel: input = "{self.input}" {"needs" if self.mel is None else "does not use"} a [member.mel] table'
        # Numbers of any size may stand in a pack.toml; what is beyond these is not computed with.
        if self.sample_rate_hz > _MOST_RATE_HZ:
            yield f"sample_rate_hz: {self.sample_rate_hz} is more than {_MOST_RATE_HZ:,} Hz"
        elif self.window_s * self.sample_rate_hz > _MOST_SAMPLES:
            yield f"window_s: makes more than {_MOST_SAMPLES:,} samples with this sample_rate_hz"
        elif self.mel is not None:
            misfits = self.mel.find_misfits(self.sample_rate_hz, round(self.window_s * self.sample_rate_hz))
            yield from (f"mel.{misfit}" for misfit in misfits)
        yield from find_member_faults(self)


class OccurrenceTable(Table):
    """A model of where and when taxa occur."""

    file: str
    sha256: Sha256 | None = None
