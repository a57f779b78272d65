"""Metrics on held-out clips during training; `evaluation` has all metrics of a pack."""

from collections.abc import Sequence

import numpy as np
import torch

from models.workshop.data.audio import load_clip
from models.workshop.data.manifest import Clip, Dataset
from models.workshop.evaluation.metrics import label_windows, measure_windows
from models.workshop.networks.architecture import SedModel
from models.workshop.recipe import Recipe


def validate_windows(
    model: SedModel, recipe: Recipe, dataset: Dataset, clips: Sequence[Clip], codes: Sequence[str]
) -> dict[str, float]:
    """Score consecutive windows of every clip; return macro ROC-AUC and cmAP, or nothing if there are no clips."""
    if not clips:
        return {}
    truth: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    model.eval()
    for clip in clips:
        windows = cut_windows(load_clip(dataset.folder / clip.path, recipe.model.sample_rate_hz), recipe)
        scores.append(score_windows(model, windows, recipe))
        truth.append(label_windows(clip, dataset.events.get(clip.path), codes, len(windows), recipe.model.window_s))
    found = measure_windows(np.concatenate(truth), np.concatenate(scores))
    return {"val_auroc": found.macro_auroc, "val_cmap": found.cmap}


def cut_windows(waveform: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return (samples,) cut into consecutive windows, (n_windows, window), the last padded with zeros."""
    length = round(recipe.model.window_s * recipe.model.sample_rate_hz)
    count = max(1, -(-len(waveform) // length))
    return np.pad(waveform, (0, count * length - len(waveform))).reshape(count, length)


@torch.inference_mode()
def score_windows(model: SedModel, windows: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return the highest frame score of each window, (n_windows, n_taxa)."""
    device = next(model.parameters()).device
    batches = torch.from_numpy(windows).split(recipe.optimizer.batch)
    frames = [torch.sigmoid(model(batch.to(device)).frame_logits).amax(dim=1).cpu() for batch in batches]
    return torch.cat(frames).numpy()
