"""Any pack is a teacher, also one that scores windows alone."""

from pathlib import Path

import numpy as np
import torch

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.data.manifest import Dataset
from models.workshop.networks.architecture import build_model
from models.workshop.packing.pack import PackIdentity, PackRules, Trained, export_pack
from models.workshop.recipe import Recipe
from models.workshop.self_training.teacher import predict_soundscapes

BY_CLIP = """rule = "clip"
activation = "none"

[member.outputs]
clip = "clip_probs"
kind = "probs"
"""


def write_pack_without_frames(recipe: Recipe, dataset: Dataset, folder: Path) -> Path:
    torch.manual_seed(3)
    network = build_model(recipe.model, len(dataset.codes)).network.eval()
    rules = PackRules(frame_s=2.5)
    export_pack([Trained(recipe, tuple(dataset.codes), network)], folder, dataset.taxa, PackIdentity("clips"), rules)
    kept = [line for line in (folder / "pack.toml").read_text().splitlines(True) if "golden" not in line]
    (folder / "golden.npz").unlink()
    (folder / "pack.toml").write_text("".join(kept).replace('rule = "frame_max"\nframe_step_s = 0.25\n', BY_CLIP))
    return folder


def test_a_pack_without_frames_labels_windows(tiny_recipe: Recipe, tiny_world: Dataset, tmp_path: Path) -> None:
    ensemble = open_ensemble(write_pack_without_frames(tiny_recipe, tiny_world, tmp_path), SessionOptions())
    assert ensemble.facts.grid.frame_s is None
    labels = predict_soundscapes(ensemble, tiny_world.folder, tiny_world.unlabeled())
    assert {path: probs.shape for path, probs in labels.probs.items()} == {
        "audio/unlabeled-000.flac": (4, 12), "audio/unlabeled-001.flac": (4, 12),
    }  # fmt: skip
    assert all(np.ptp(probs) > 0 for probs in labels.probs.values())
