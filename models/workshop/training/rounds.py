"""The noisy student: teacher → pseudo-labels → student, round after round.

Each round trains anew on true labels mixed (or swapped) with what the last round's pack heard in the soundscapes. What
a round has finished stays; a killed run goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.data.manifest import Clip, Dataset
from models.workshop.evaluation.pack_scores import predict_soundscapes
from models.workshop.packing.pack import PackIdentity, export_pack, load_trained
from models.workshop.training.loop import TrainingSet, chosen_codes, train
from models.workshop.training.pseudo_labels import PseudoLabels, load_labels, refine, save_labels
from models.workshop.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Round:
    """One generation: round 0 is the teacher that saw true labels only."""

    number: int
    checkpoint: Path
    pack: Path


def run_rounds(
    recipe: Recipe,
    learn: TrainingSet,
    soundscapes: Sequence[Clip],
    out_dir: Path,
    *,
    teacher: Round | None = None,
    seed: int | None = None,
    init_from: Path | None = None,
) -> list[Round]:
    """Train a teacher (or take one) and a student for every gamma of the recipe; give all generations.

    Each begins with the backbone of the checkpoint `init_from`, if there is one.
    """
    generations = [teacher or train_round(recipe, learn, out_dir, 0, seed=seed, init_from=init_from)]
    for number in range(1, len(recipe.pseudo.gammas) + 1):
        labels = label_soundscapes(
            generations[-1].pack, learn.dataset, soundscapes, out_dir / f"labels-{number}.npz", recipe
        )
        student = TrainingSet(learn.dataset, learn.clips, learn.validation, refine(labels, recipe.pseudo, number - 1))
        generations.append(train_round(recipe, student, out_dir, number, seed=seed, init_from=init_from))
    return generations


def train_round(
    recipe: Recipe,
    learn: TrainingSet,
    out_dir: Path,
    number: int,
    *,
    seed: int | None,
    init_from: Path | None = None,
) -> Round:
    """Train one generation and export it as a pack of one member."""
    folder = out_dir / f"round-{number}"
    checkpoint = folder / "model.pt"
    if not checkpoint.exists():
        train(recipe, learn, folder, seed=None if seed is None else seed + number, init_from=init_from)
    return Round(number, checkpoint, pack_of(checkpoint, recipe, learn.dataset, folder / "pack"))


def pack_of(checkpoint: Path, recipe: Recipe, dataset: Dataset, folder: Path) -> Path:
    """Export a checkpoint alone, with the taxa that it knows."""
    if (folder / "golden.npz").exists():
        return folder
    known = set(chosen_codes(recipe, dataset))
    taxa = [taxon for taxon in dataset.taxa if taxon.code in known]
    return export_pack([load_trained(checkpoint)], folder, taxa, PackIdentity(recipe.name))


def label_soundscapes(
    pack: Path, dataset: Dataset, soundscapes: Sequence[Clip], path: Path, recipe: Recipe
) -> PseudoLabels:
    """Return the pack's labels of the soundscapes, from `path` where they were written down before."""
    if not path.exists():
        ensemble = open_ensemble(pack, SessionOptions())
        save_labels(predict_soundscapes(ensemble, dataset.folder, soundscapes, recipe.model.window_s), path)
    return load_labels(path)
