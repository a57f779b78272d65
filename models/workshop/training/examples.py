"""Training examples: a crop, with other sound mixed in, and its labels.

Every example has a random generator seeded with (seed, epoch, number). So a resumed run gets exactly the examples of an
uninterrupted one, for any number of loader processes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray

from models.workshop.data.manifest import Clip, Dataset
from models.workshop.errors import BadInput
from models.workshop.recipe import Recipe
from models.workshop.training.augmentation import augment_waveform
from models.workshop.training.crops import CROPS
from models.workshop.training.mixing import Targets, Waveform, mix_pair, mix_pseudo
from models.workshop.training.pseudo_labels import PseudoLabels
from models.workshop.training.sampling import balanced_weights, draw, root_weights


@lru_cache(maxsize=4096)
def load_clip(path: Path, sample_rate_hz: int) -> Waveform:
    """Return a whole clip, mono, at the rate, (samples,) in [−1, 1], cached; raises BadInput if it cannot be read."""
    try:
        waveform, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise BadInput(f"{path}: is in the manifest but cannot be read: {error}") from error
    mono = waveform.mean(axis=1)
    return mono if rate == sample_rate_hz else soxr.resample(mono, rate, sample_rate_hz, quality="HQ")


@dataclass(frozen=True)
class Examples(torch.utils.data.Dataset[tuple[Waveform, Targets]]):
    """One epoch of examples."""

    recipe: Recipe
    dataset: Dataset
    clips: Sequence[Clip]
    codes: Sequence[str]
    """Output columns."""
    pseudo: PseudoLabels | None
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
        waveform, targets = self._draw_example(int(self.picks[number]), rng)
        if rng.random() < self.recipe.augment.mixup:
            other = int(self.picks[rng.integers(len(self.picks))])
            waveform, targets = mix_pair((waveform, targets), self._draw_example(other, rng))
        return waveform, targets

    def _draw_example(self, index: int, rng: np.random.Generator) -> tuple[Waveform, Targets]:
        labeled = self._crop(self.clips[index], rng)
        labeled = augment_waveform(labeled[0], self.recipe, rng, self._noises), labeled[1]
        pseudo = self.recipe.pseudo
        if self.pseudo is None or rng.random() >= pseudo.share:
            return labeled
        if pseudo.style == "mix":
            return mix_pseudo(labeled, self._pseudo_part(self.pseudo, self.pseudo.draw(rng)), pseudo.weight)
        part = self.pseudo.draw_for(self.clips[index].labels, rng)
        return labeled if part is None else self._pseudo_part(self.pseudo, part)

    def _crop(self, clip: Clip, rng: np.random.Generator) -> tuple[Waveform, Targets]:
        names = self.recipe.data.crops
        late = self.epoch >= self.recipe.data.crop_switch * self.recipe.optimizer.epochs
        model = self.recipe.model
        length = round(model.window_s * model.sample_rate_hz)
        whole = load_clip(self.dataset.folder / clip.path, model.sample_rate_hz)
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

    def _pseudo_part(self, pseudo: PseudoLabels, part: tuple[str, int]) -> tuple[Waveform, Targets]:
        model = self.recipe.model
        path, first = part
        whole = load_clip(self.dataset.folder / path, model.sample_rate_hz)
        start = round(first * pseudo.part_s * model.sample_rate_hz)
        length = round(model.window_s * model.sample_rate_hz)
        crop = whole[start : start + length]
        return np.pad(crop, (0, length - len(crop))), pseudo.targets(path, first, model.window_s)

    @property
    def _noises(self) -> list[Path]:
        return [self.dataset.folder / clip.path for clip in self.dataset.choose(kind="noise")]


def plan_epoch(
    recipe: Recipe,
    dataset: Dataset,
    clips: Sequence[Clip],
    codes: Sequence[str],
    pseudo: PseudoLabels | None,
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
