"""A recipe: everything that decides a training run, in one readable TOML. Unknown keys are errors."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dawn_chorus.inference.packs.manifest import MelTable
from models.workshop.errors import BadInput


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelTable(_Table):
    """The network; `mel` is word for word what a pack's `[member.mel]` says."""

    backbone: str
    """Any timm model that gives feature maps."""
    head: Literal["gem_attention", "att_block_v2"] = "gem_attention"
    hidden: int = 512
    drop_path: float = Field(default=0.0, ge=0, lt=1)
    """StochasticDepth while training on true labels; pseudo-label rounds have their own."""
    pretrained: bool = False
    """timm's weights, where they can be fetched."""
    time_stride: int | None = None
    """Spectrogram frames to one frame of the output, where that is fewer than the backbone's own stride (mostly 32)."""
    sample_rate_hz: int
    window_s: float
    hop_s: float = 5.0
    """Between the windows that the service lays over a recording."""
    rule: Literal["frame_max", "clip"] = "frame_max"
    """How a window's score comes about in service."""
    abs_max_normalize: bool = False
    """Scale every waveform to peak 1 before the front end (second place); min-max images do not feel it."""
    mel: MelTable


class DataTable(_Table):
    """Which stretch of which clips."""

    crops: tuple[Literal["first_seven_seconds", "whole_file"], ...] = ("whole_file",)
    """Tried in turn, one an epoch block: `crop_switch` says when the next one begins."""
    crop_switch: float = Field(default=0.5, ge=0, le=1)
    """Share of the epochs after which the second strategy takes over."""
    weights: Literal["balanced", "root"] = "balanced"
    clips_per_epoch: int | None = None
    """None: as many as there are."""
    frame_labels: bool = False
    """Label frames by the training clips' events instead of clips by their labels; goes with the loss `frames`."""


class OptimizerTable(_Table):
    """How weights move."""

    name: Literal["adamw", "radam"] = "adamw"
    lr: float = 5e-4
    lr_min: float = 1e-6
    weight_decay: float = 1e-4
    epochs: int = 15
    restart_epochs: int | None = None
    """Cosine restarts of so many epochs; None: one cosine over the whole run."""
    batch: int = 64
    clip_gradient: float | None = None


class AugmentTable(_Table):
    """What happens to sound and image on the way; 0 switches a thing off."""

    mixup: float = Field(default=0.5, ge=0, le=1)
    """Chance that a clip is mixed with another."""
    noise: float = Field(default=0.0, ge=0, le=1)
    """Chance of background noise (the manifest's `noise` clips, else colored noise)."""
    noise_snr_db: tuple[float, float] = (3.0, 30.0)
    equalizer: float = Field(default=0.0, ge=0, le=1)
    """Chance of a random four-band equalizer."""
    gain_db: float = 0.0
    """Uniform within ± this."""
    spec_masks: int = 0
    """SpecAugment: so many masks in time and as many in frequency."""
    spec_mask_share: float = 0.1


class PseudoTable(_Table):
    """How a student learns from its teacher's labels."""

    style: Literal["mix", "swap"] = "mix"
    """`mix`: every clip gets a soundscape laid under it (first place); `swap`: some are replaced (second place)."""
    share: float = Field(default=1.0, ge=0, le=1)
    """Chance that a clip is mixed or swapped."""
    weight: float = 0.5
    """Of the soundscape in a mix; constant."""
    gammas: tuple[float, ...] = (1.0, 1 / 0.65, 1 / 0.55, 1 / 0.6)
    """Power for each round; the number of gammas is the number of rounds."""
    renormalize: bool = False
    """Divide powered labels so that each part keeps its sum; the first place's author does not."""
    keep_above: float = 0.0
    """Parts whose highest label lies below are not used (second place: 0.5)."""
    zero_below: float = 0.0
    """Labels below are taken for 0 (second place: 0.1)."""
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
    """Train a specialist on these classes only; its export scatters their columns into the ensemble."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.loss == "frames") != self.data.frame_labels:
            raise ValueError('loss = "frames" and data.frame_labels = true go together')
        return self


def load_recipe(path: Path) -> Recipe:
    """Raise BadInput with the file and the first key that is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"{path}: is not TOML: {error}") from error
    return parse_recipe(table, path)


def parse_recipe(table: Mapping[str, Any], path: Path) -> Recipe:
    """Raise BadInput with the file that the table is from, and the first key that is wrong."""
    try:
        return Recipe.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise BadInput(f"{path}: {key}: no such key in a recipe; check its spelling") from error
        reason = "is missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
        raise BadInput(f"{path}: {key}{': ' * bool(key)}{reason}") from error
