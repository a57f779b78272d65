"""What rounds of pseudo-labels are compared with: a control that hears the soundscapes, and an oracle that knows them.

Both are students of round 1, with its seed and its steps, but without a teacher; soundscapes are drawn alike for both.
An ensemble of a round and its baseline is compared with two baselines.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from models.workshop.evaluation.metrics import label_windows
from models.workshop.recipe import Recipe
from models.workshop.studies.ablation.world import World
from models.workshop.training.loop import train
from models.workshop.training.pseudo_labels import PseudoLabels
from models.workshop.training.pseudo_pool import PseudoPool, UnlabeledPool

PART_S = 5.0


def train_control(world: World, recipe: Recipe, name: str) -> Path:
    """Return a network for which soundscapes are mixed into as many clips, and which learns the clips' labels alone.

    Soundscapes are drawn as for the oracle. A recipe that swaps clips for soundscapes gets them mixed in half and half,
    too: a clip's label on a soundscape that lacks its voice would be noise in the labels, not a lack of information.
    """
    mixing = {"style": "mix"} | ({"weight": 0.5} if recipe.pseudo.style == "swap" else {})
    recipe = recipe.model_copy(update={"pseudo": recipe.pseudo.model_copy(update=mixing)})
    return _train(world, recipe, name, UnlabeledPool([true_labels(world, recipe)]), number=1)


def train_oracle(world: World, recipe: Recipe, name: str) -> Path:
    """Return a network that learns the soundscapes' true labels, in the place of a teacher's."""
    return _train(world, recipe, name, PseudoPool([true_labels(world, recipe)]), number=1)


def train_second_baseline(world: World, recipe: Recipe, name: str) -> Path:
    """Return a network that differs from the baseline in its seed alone, which no round of the world has."""
    return _train(world, recipe, name, None, number=9)


def true_labels(world: World, recipe: Recipe) -> PseudoLabels:
    """Return the label set of a teacher that is always right: which taxa are heard in each 5-s part."""
    codes, events = tuple(world.dataset.codes), world.dataset.events
    probs = {
        clip.path: label_windows(clip, events.get(clip.path, ()), codes, int(-(-clip.duration_s // PART_S)), PART_S)
        for clip in world.soundscapes
    }
    probs = {path: truth.astype(np.float32) for path, truth in probs.items()}
    return PseudoLabels(codes, PART_S, probs, recipe.model.window_s)


def _train(world: World, recipe: Recipe, name: str, pool: PseudoPool | None, number: int) -> Path:
    """Train a network with the seed that a round of this number has, unless it is there."""
    folder = world.folder / name
    if (folder / "model.pt").exists():
        return folder / "model.pt"
    return train(recipe, replace(world.training_set, pseudo=pool), folder, seed=world.seed + recipe.seed + number)
