"""The keys of a pack.toml, their types and the rules between them.

Unknown keys are errors: a misspelled option that is silently ignored would change scores unnoticed.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Positive = Field(gt=0)
Probability = Field(ge=0, le=1)
Sha256 = Field(pattern=r"^[0-9a-f]{64}$")


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class ScoreTable(_Table):
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


class DetectionTable(_Table):
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


class MelTable(_Table):
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


class MemberTable(_Table):
    """One network of the ensemble."""

    file: str
    sha256: str = Sha256
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


class OccurrenceTable(_Table):
    """A model of where and when taxa occur."""

    file: str
    sha256: str = Sha256


class Manifest(_Table):
    """The whole pack.toml."""

    schema_version: Literal[1] = Field(alias="schema")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    version: str = Field(min_length=1)
    license: str = Field(min_length=1)
    """SPDX expression of the weights."""
    attribution: str
    taxa: str = "taxa.csv"
    frame_s: float = Field(default=0.5, gt=0)
    golden: str | None = None
    score: ScoreTable = ScoreTable()
    detection: DetectionTable = DetectionTable()
    member: tuple[MemberTable, ...] = Field(min_length=1, strict=False)
    occurrence: OccurrenceTable | None = None


def parse_manifest(table: Mapping[str, Any]) -> Manifest:
    """Return the checked manifest.

    Raises ValueError, one line that begins with the field, for the first key that is wrong.
    """
    try:
        return Manifest.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{_field_name(first['loc'])}{_reason(first['type'], first['msg'])}") from error


def _field_name(loc: tuple[int | str, ...]) -> str:
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return f"{parts.lstrip('.')}: " if parts else ""


def _reason(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key; check its spelling"
    if kind == "missing":
        return "is missing"
    return message.removeprefix("Value error, ")
