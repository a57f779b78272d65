"""A recipe: all parameters of a training run in one TOML file. Unknown keys are errors."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dawn_chorus.inference.packs.mel_table import MelTable
from models.workshop.errors import BadInput


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelTable(_Table):
    """The network; `mel` is the same table as a pack's `[member.mel]`."""

    backbone: str
    """Any timm model that returns feature maps."""
    head: Literal["gem_attention", "att_block_v2"] = "gem_attention"
    hidden: int = 512
    drop_path: float = Field(default=0.0, ge=0, lt=1)
    """StochasticDepth while training on true labels; for rounds with pseudo-labels see `pseudo.drop_path`."""
    pretrained: bool = False
    """Start from timm's weights, which are downloaded."""
    time_stride: int | None = None
    """Spectrogram frames per output frame, if fewer than the backbone's own stride (mostly 32)."""
    sample_rate_hz: int
    window_s: float
    hop_s: float = 5.0
    """Step between the service's windows."""
    rule: Literal["frame_max", "clip"] = "frame_max"
    """How the service computes a window's score."""
    abs_max_normalize: bool = False
    """Scale every waveform to peak 1 before the front end (second place); no effect on min-max normalized images."""
    mel: MelTable


class DataTable(_Table):
    """Which clips are drawn, and which part of a clip is used."""

    crops: tuple[Literal["first_seven_seconds", "whole_file"], ...] = ("whole_file",)
    """One strategy, or two: `crop_switch` says when the second one starts."""
    crop_switch: float = Field(default=0.5, ge=0, le=1)
    """Share of the epochs after which the second strategy is used."""
    weights: Literal["balanced", "root"] = "balanced"
    clips_per_epoch: int | None = None
    """None: the number of clips."""
    frame_labels: bool = False
    """Label frames by the clips' events instead of clips by their labels; requires the loss `frames`."""


class OptimizerTable(_Table):
    """Optimizer and learning rate."""

    name: Literal["adamw", "radam"] = "adamw"
    lr: float = 5e-4
    lr_min: float = 1e-6
    weight_decay: float = 1e-4
    epochs: int = 15
    restart_epochs: int | None = None
    """Epochs per cosine cycle; None: one cosine over the whole run."""
    batch: int = 64
    clip_gradient: float | None = None


class AugmentTable(_Table):
    """Augmentation of waveforms and images; 0 turns a step off."""

    mixup: float = Field(default=0.5, ge=0, le=1)
    """Probability that a clip is mixed with another."""
    noise: float = Field(default=0.0, ge=0, le=1)
    """Probability of background noise (the manifest's `noise` clips, else colored noise)."""
    noise_snr_db: tuple[float, float] = (3.0, 30.0)
    equalizer: float = Field(default=0.0, ge=0, le=1)
    """Probability of a random four-band equalizer."""
    gain_db: float = 0.0
    """Random gain, uniform between minus and plus this value."""
    spec_masks: int = 0
    """SpecAugment: number of masks in time, and of masks in frequency."""
    spec_mask_share: float = 0.1


class PseudoTable(_Table):
    """How a student uses its teacher's labels."""

    style: Literal["mix", "swap"] = "mix"
    """`mix`: soundscapes are mixed into clips (first place); `swap`: they replace clips (second place)."""
    share: float = Field(default=1.0, ge=0, le=1)
    """Probability that a clip is mixed or swapped."""
    weight: float = 0.5
    """Weight of the soundscape in a mix; constant."""
    gammas: tuple[float, ...] = (1.0, 1 / 0.65, 1 / 0.55, 1 / 0.6)
    """The power that labels are raised to, one for each round; their number is the number of rounds."""
    renormalize: bool = False
    """Scale powered labels so that each part keeps its sum; the first place's author does not."""
    keep_above: float = 0.0
    """Parts whose highest label is below this are not used (second place: 0.5)."""
    zero_below: float = 0.0
    """Labels below this are set to 0 (second place: 0.1)."""
    drop_path: float = 0.15
    epochs: int = 25


class Recipe(_Table):
    """A training run."""

    name: str
    seed: int = 0
    loss: Literal["first_place", "second_place", "bce_sed", "frames"] = "first_place"
    model: ModelTable
    data: DataTable = DataTable()
    optimizer: OptimizerTable = OptimizerTable()
    augment: AugmentTable = AugmentTable()
    pseudo: PseudoTable = PseudoTable()
    taxonomic_classes: tuple[str, ...] = ()
    """Train a specialist on these classes only; exported, its columns are used for these taxa of the ensemble."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.loss == "frames") != self.data.frame_labels:
            raise ValueError('loss = "frames" and data.frame_labels = true require each other')
        return self


def load_recipe(path: Path) -> Recipe:
    """Read a recipe; raises BadInput with the file and the first invalid key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"{path}: is not TOML: {error}") from error
    return parse_recipe(table, path)


def parse_recipe(table: Mapping[str, Any], path: Path) -> Recipe:
    """Return the recipe of a table read from `path`; raises BadInput with the file and the first invalid key."""
    try:
        return Recipe.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise BadInput(f"{path}: {key}: no such key in a recipe; check its spelling") from error
        reason = "is missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
        raise BadInput(f"{path}: {key}{': ' * bool(key)}{reason}") from error
