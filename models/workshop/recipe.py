"""A recipe: all parameters of a training run. Unknown keys are errors; `recipe_files` reads them."""

from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationInfo,
    model_validator,
)

from dawn_chorus.inference.packs.mel_table import MelTable

Share = Annotated[float, Field(ge=0, le=1)]
MAX_SEED = 2**32 - 1
UNSEEN = 0.05
"""Largest permitted difference in length between the image and the window, as a share of the window."""
TRAINED = "trained"
"""The context in which the recipe of a trained network is read: its image and its masks are what they were."""


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class ModelTable(_Table):
    """The network; `mel` is the same table as a pack's `[member.mel]`.

    With `mel.normalize_scope = "recording"` training normalizes each crop, and the service the whole analyzed segment,
    with the zeros around it (first place).
    """

    backbone: str
    """Any timm model that returns feature maps."""
    head: Literal["gem_attention"] = "gem_attention"
    hidden: PositiveInt = 512
    drop_path: float = Field(default=0.0, ge=0, lt=1)
    """StochasticDepth while training on true labels; for rounds with pseudo-labels see `pseudo.drop_path`."""
    pretrained: bool = False
    """Start from timm's weights, which are downloaded."""
    time_stride: PositiveInt | None = None
    """Spectrogram frames per output frame, if fewer than the backbone's own stride (mostly 32)."""
    sample_rate_hz: PositiveInt
    window_s: PositiveFloat
    hop_s: PositiveFloat = 5.0
    """Step between the service's windows."""
    rule: Literal["frame_max", "clip"] = "frame_max"
    """How the service computes a window's score."""
    abs_max_normalize: bool = False
    """Scale every waveform to peak 1 before noise or another is mixed in, so that none drowns a quieter one."""
    mel: MelTable

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        mel, n_samples = self.mel, round(self.window_s * self.sample_rate_hz)
        if fault := next(mel.find_misfits(self.sample_rate_hz, n_samples), None):
            raise ValueError(f"mel.{fault}")
        seen = mel.hop_length * (mel.n_frames or 0)
        if seen and abs(seen - n_samples) > UNSEEN * n_samples and info.context != TRAINED:
            raise ValueError(
                f"mel.n_frames: {mel.n_frames} steps of {mel.hop_length} samples see {seen / self.sample_rate_hz:.3g} "
                f"of the window's {self.window_s:g} s: set n_frames to {-(-n_samples // mel.hop_length)}"
            )
        return self


class DataTable(_Table):
    """Which clips are drawn, and which part of a clip is used."""

    crops: tuple[Literal["first_seven_seconds", "whole_file"], ...] = Field(
        ("whole_file",), min_length=1, max_length=2, strict=False
    )
    """One strategy, or two: `crop_switch` says when the second one starts."""
    crop_switch: Share = 0.5
    """Share of the run's epochs after which the second strategy is used."""
    short_clips: Literal["repeat", "zeros"] = "repeat"
    """What fills an example if its clip is shorter."""
    weights: Literal["balanced", "root"] = "balanced"
    clips_per_epoch: PositiveInt | None = None
    """None: the number of clips."""
    frame_labels: bool = False
    """Label frames by the clips' events instead of clips by their labels; requires the loss `frames`."""


class OptimizerTable(_Table):
    """Optimizer and learning rate."""

    name: Literal["adamw", "radam"] = "adamw"
    lr: PositiveFloat = 5e-4
    lr_min: NonNegativeFloat = 1e-6
    weight_decay: NonNegativeFloat = 1e-4
    epochs: PositiveInt = 15
    restart_epochs: PositiveInt | None = None
    """Epochs per cosine cycle; None: one cosine over the whole run."""
    batch: PositiveInt = 64
    clip_gradient: PositiveFloat | None = None
    precision: Literal["auto", "float32"] = "auto"
    """`auto`: half precision where there is CUDA."""


class AugmentTable(_Table):
    """Augmentation of waveforms and images; 0 turns a step off."""

    mixup: Share = 0.5
    """Probability that a clip is mixed with another, if no soundscape was mixed into it."""
    noise: Share = 0.0
    """Probability of background noise (the manifest's `noise` clips, else colored noise)."""
    noise_snr_db: tuple[float, float] = Field((3.0, 30.0), strict=False)
    equalizer: Share = 0.0
    """Probability of a random four-band equalizer."""
    equalizer_db: tuple[float, float] = Field((-8.0, 8.0), strict=False)
    """Lowest and highest gain of a band."""
    gain_db: NonNegativeFloat = 0.0
    """Random gain, uniform between minus and plus this value."""
    spec_masks: NonNegativeInt = 0
    """SpecAugment: number of masks in time, and of masks in frequency."""
    spec_masks_probability: Share = 1.0
    """Probability that an image is masked at all."""
    spec_mask_share: Share = 0.1
    """Widest mask, as a share of the image's width or height, where the next two do not say it."""
    spec_mask_mels: NonNegativeInt | None = None
    spec_mask_frames: NonNegativeInt | None = None


class PseudoTable(_Table):
    """How a student uses its teacher's labels."""

    style: Literal["mix", "swap"] = "mix"
    """`mix`: soundscapes are mixed into clips (first place); `swap`: they replace clips (second place)."""
    share: Share = 1.0
    """Probability that a clip is mixed or swapped."""
    weight: Share = 0.5
    """Weight of the soundscape in a mix; constant."""
    gammas: tuple[PositiveFloat, ...] = Field((1.0, 1 / 0.65, 1 / 0.55, 1 / 0.6), strict=False)
    """The power that labels are raised to, one for each round; their number is the number of rounds."""
    scaling: Literal["elementwise", "sum_to_one"] = "elementwise"
    """`elementwise`: p^gamma (the first place's author); `sum_to_one`: that, divided by its sum over the taxa, as
    summaries of the solution write it."""
    pool: bool = False
    """Learn from the label sets of all rounds so far, not from the last one alone (second place)."""
    out_of_fold: NonNegativeInt = 0
    """Parts that the soundscapes are cut into from the second label set on: each is labeled by networks that have not
    learned from it, so each round but the last trains a network for every part (second place). 0: no parts."""
    keep_above: Share = 0.0
    """Parts whose highest label is below this are not used (second place: 0.5)."""
    zero_below: Share = 0.0
    """Labels below this are set to 0 (second place: 0.1)."""
    drop_path: float = Field(default=0.15, ge=0, lt=1)
    epochs: PositiveInt = 25


class Recipe(_Table):
    """A training run."""

    name: str
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    loss: Literal["first_place", "second_place", "bce_sed", "frames"] = "first_place"
    model: ModelTable
    data: DataTable = DataTable()
    optimizer: OptimizerTable = OptimizerTable()
    augment: AugmentTable = AugmentTable()
    pseudo: PseudoTable = PseudoTable()
    taxonomic_classes: tuple[str, ...] = Field((), strict=False)
    """Train a specialist on these classes only; exported, its columns are used for these taxa of the ensemble."""

    def count_epochs(self, *, with_pseudo: bool) -> int:
        """Return the epochs of a run, with or without pseudo-labels."""
        return self.pseudo.epochs if with_pseudo else self.optimizer.epochs

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        for key, size in (("mels", self.model.mel.n_mels), ("frames", self.model.mel.n_frames)):
            widest = getattr(self.augment, f"spec_mask_{key}")
            if widest and size and widest > size and info.context != TRAINED:
                raise ValueError(f"augment.spec_mask_{key}: {widest} is more than the image has, {size}")
        if self.pseudo.out_of_fold == 1:
            raise ValueError("pseudo.out_of_fold: at least two parts, or 0 for none")
        if (self.loss == "frames") != self.data.frame_labels:
            raise ValueError('loss = "frames" and data.frame_labels = true require each other')
        return self
