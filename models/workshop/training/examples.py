"""Training examples: a crop, with other sound mixed in, and its labels.

Every example has a random generator seeded with (seed, epoch, number). So a resumed run gets exactly the examples of an
uninterrupted one, for any number of loader processes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.workshop.data.audio import load_clip
from models.workshop.data.manifest import Clip, Dataset
from models.workshop.errors import BadInput
from models.workshop.recipe import Recipe
from models.workshop.training.augmentation import augment_waveform
from models.workshop.training.crops import CROPS, lengthen
from models.workshop.training.mixing import Targets, Waveform, mix_pair, mix_pseudo, scale_to_peak
from models.workshop.training.pseudo_pool import PseudoPart, PseudoPool
from models.workshop.training.sampling import balanced_weights, draw, root_weights


@dataclass(frozen=True)
class Examples(torch.utils.data.Dataset[tuple[Waveform, Targets]]):
    """One epoch of examples."""

    recipe: Recipe
    dataset: Dataset
    clips: Sequence[Clip]
    codes: Sequence[str]
    """Output columns."""
    pseudo: PseudoPool | None
    seed: int
    epoch: int
    picks: NDArray[np.int64]
    """Which clip each example is cut from, (n_examples,)."""
    n_frames: int
    """Number of frames of the network's output and of the frame labels."""

    def __len__(self) -> int:
        return len(self.picks)

    def __getitem__(self, number: int) -> tuple[Waveform, Targets]:
        rng = np.random.default_rng((self.seed, self.epoch, number))
        index = int(self.picks[number])
        example, pseudo = self._draw_part(index, rng), self.recipe.pseudo
        if self.pseudo is not None and pseudo.style == "mix" and rng.random() < pseudo.share:
            return mix_pseudo(example, self._pseudo_part(self.pseudo.draw(rng)), pseudo.weight)
        if rng.random() < self.recipe.augment.mixup:
            other = int(self.picks[rng.integers(len(self.picks))])
            return mix_pair(example, self._draw_part(other, rng))
        return example

    def _draw_part(self, index: int, rng: np.random.Generator) -> tuple[Waveform, Targets]:
        """Return a crop of a clip, or what replaces it, augmented, and scaled before and after that."""
        waveform, targets = self._replace(self.clips[index], rng) or self._crop(self.clips[index], rng)
        return self._scale(augment_waveform(self._scale(waveform), self.recipe, rng, self._noises)), targets

    def _replace(self, clip: Clip, rng: np.random.Generator) -> tuple[Waveform, Targets] | None:
        """Return a pseudo-labeled part of the clip's class; None if the clip stays."""
        rules = self.recipe.pseudo
        if self.pseudo is None or rules.style != "swap" or rng.random() >= rules.share:
            return None
        part = self.pseudo.draw_for(clip.labels, rng)
        return None if part is None else self._pseudo_part(part)

    def _scale(self, waveform: Waveform) -> Waveform:
        return scale_to_peak(waveform) if self.recipe.model.abs_max_normalize else waveform

    def _crop(self, clip: Clip, rng: np.random.Generator) -> tuple[Waveform, Targets]:
        names = self.recipe.data.crops
        epochs = self.recipe.count_epochs(with_pseudo=self.pseudo is not None)
        late = self.epoch >= self.recipe.data.crop_switch * epochs
        model = self.recipe.model
        length = round(model.window_s * model.sample_rate_hz)
        whole = load_clip(self.dataset.folder / clip.path, model.sample_rate_hz)
        whole = lengthen(whole, length, self.recipe.data.short_clips)
        start, crop = CROPS[names[-1] if late else names[0]](whole, length, model.sample_rate_hz, rng)
        if not self.recipe.data.frame_labels:
            return crop, np.isin(self.codes, clip.labels).astype(np.float32)
        return crop, self._label_frames(clip, start / model.sample_rate_hz)

    def _label_frames(self, clip: Clip, start_s: float) -> Targets:
        """Return 1 for the frames whose centers are inside an event, else 0, (n_frames, n_taxa)."""
        step_s = self.recipe.model.window_s / self.n_frames
        centers_s = start_s + (np.arange(self.n_frames) + 0.5) * step_s
        targets = np.zeros((self.n_frames, len(self.codes)), np.float32)
        for event in self.dataset.events[clip.path]:
            if event.code in self.codes:
                inside = (centers_s >= event.onset_s) & (centers_s < event.offset_s)
                targets[inside, list(self.codes).index(event.code)] = 1
        return targets

    def _pseudo_part(self, part: PseudoPart) -> tuple[Waveform, Targets]:
        model = self.recipe.model
        whole = load_clip(self.dataset.folder / part.path, model.sample_rate_hz)
        start, length = (round(seconds * model.sample_rate_hz) for seconds in (part.start_s, model.window_s))
        return self._scale(lengthen(whole[start : start + length], length, "zeros")), part.targets

    @property
    def _noises(self) -> list[Path]:
        return [self.dataset.folder / clip.path for clip in self.dataset.choose(kind="noise")]


def plan_epoch(
    recipe: Recipe,
    dataset: Dataset,
    clips: Sequence[Clip],
    codes: Sequence[str],
    pseudo: PseudoPool | None,
    *,
    seed: int,
    epoch: int,
    n_frames: int = 1,
) -> Examples:
    """Draw the clips of an epoch, with replacement, by the recipe's weights.

    Raises BadInput if the pseudo-labels have other taxa than the network. Also raises it for frame labels if a clip has
    no known events, or if there are pseudo-labels, which have no events.
    """
    if recipe.data.frame_labels and (pseudo or any(clip.path not in dataset.events for clip in clips)):
        raise BadInput("frame_labels: every training clip needs events, and there can be no pseudo-labels")
    if pseudo is not None and pseudo.codes != tuple(codes):
        raise BadInput("the pseudo-labels have other taxa than the network, or another order of taxa")
    labels = [tuple(code for code in clip.labels if code in set(codes)) for clip in clips]
    weigh = balanced_weights if recipe.data.weights == "balanced" else root_weights
    count = recipe.data.clips_per_epoch or len(clips)
    picks = draw(weigh(labels), count, np.random.default_rng((seed, epoch)))
    return Examples(recipe, dataset, clips, codes, pseudo, seed, epoch, picks, n_frames)
