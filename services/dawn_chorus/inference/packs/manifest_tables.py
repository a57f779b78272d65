"""The tables of a pack.toml, their keys, types and the rules between them.

Unknown keys are errors: a misspelled option that is silently ignored would change scores unnoticed.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Field(gt=0)
Probability = Field(ge=0, le=1)
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class ScoreTable(Table):
    """How window scores are computed; positions in seconds."""

    window_s: float = Field(default=5.0, gt=0)
    """The scored window; members may see more audio around it."""
    shifts_s: tuple[float, ...] = Field(default=(0.0,), min_length=1, strict=False)
    shift_weights: tuple[float, ...] | None = Field(default=None, strict=False)
    """One per shift, of any sum; None: equal weights."""
    smoothing: tuple[float, ...] = Field(default=(1.0,), min_length=1, strict=False)
    """Weights of neighboring windows; the middle one is the window's own."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        weights = self.shift_weights
        if weights is not None and len(weights) != len(self.shifts_s):
            raise ValueError(f"shift_weights: {len(weights)} weights for {len(self.shifts_s)} shifts_s")
        if weights is not None and (min(weights) < 0 or sum(weights) <= 0):
            raise ValueError("shift_weights: must not be negative, and not all 0")
        if len(self.smoothing) % 2 == 0:
            raise ValueError(f"smoothing: {len(self.smoothing)} weights have no middle; use an odd number")
        if min(self.smoothing) < 0 or not 0 < sum(self.smoothing) <= 1 + 1e-6:
            raise ValueError("smoothing: weights must not be negative, and their sum must lie in (0, 1]")
        return self


class DetectionTable(Table):
    """The event rule; see `domain.event_rules.EventRule`."""

    onset_threshold: float = Field(default=0.5, ge=0, le=1)
    offset_threshold: float = Field(default=0.3, ge=0, le=1)
    min_event_s: float = Field(default=0.0, ge=0)
    min_gap_s: float = Field(default=0.5, ge=0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.offset_threshold > self.onset_threshold:
            raise ValueError(
                f"offset_threshold: {self.offset_threshold} is above the onset_threshold {self.onset_threshold}"
            )
        return self


class MelTable(Table):
    """A mel front end; see `melspectrogram`."""

    n_fft: int = Positive
    win_length: int = Positive
    hop_length: int = Positive
    n_frames: int = Positive
    """The mel power is cut or zero-padded to this number, before the logarithm and the normalization."""
    n_mels: int = Positive
    f_min_hz: float = Field(ge=0)
    f_max_hz: float = Positive
    mel_scale: Literal["htk", "slaney"] = "htk"
    mel_norm: Literal["none", "slaney"] = "none"
    power: float = Field(default=2.0, gt=0)
    window: Literal["hann"] = "hann"
    center: bool = True
    pad_mode: Literal["reflect", "constant"] = "reflect"
    log: Literal["db", "ln"] = "db"
    amin: float = Field(default=1e-10, gt=0)
    top_db: float | None = Field(default=None, gt=0)
    normalize: Literal["minmax", "standard", "none"] = "minmax"
    normalize_scope: Literal["window", "recording"] = "window"
    eps: float = Field(default=1e-6, ge=0)
    channels: int = Field(default=1, gt=0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.win_length > self.n_fft:
            raise ValueError(f"win_length: {self.win_length} is longer than n_fft {self.n_fft}")
        if self.f_min_hz >= self.f_max_hz:
            raise ValueError(f"f_min_hz: {self.f_min_hz} is not below f_max_hz {self.f_max_hz}")
        return self


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
    frame_start_s: float = 0.0
    frame_step_s: float | None = Field(default=None, gt=0)
    mel: MelTable | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.mel is None) == (self.input == "mel"):
            raise ValueError(
                f'mel: input = "{self.input}" {"needs" if self.mel is None else "does not use"} a [member.mel] table'
            )
        if self.mel is not None:
            self._check_mel(self.mel)
        return self

    def _check_mel(self, mel: MelTable) -> None:
        if mel.f_max_hz > self.sample_rate_hz / 2:
            raise ValueError(f"mel.f_max_hz: {mel.f_max_hz} is above half of sample_rate_hz {self.sample_rate_hz}")
        n_samples = round(self.window_s * self.sample_rate_hz)
        needed = mel.n_fft // 2 + 1 if mel.center else mel.n_fft
        if n_samples < needed:
            raise ValueError(f"mel.n_fft: {mel.n_fft} does not fit the window's {n_samples} samples")


class OccurrenceTable(Table):
    """A model of where and when taxa occur."""

    file: str
    sha256: Sha256 | None = None
