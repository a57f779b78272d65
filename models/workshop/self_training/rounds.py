"""Noisy student training: teacher → pseudo-labels → student, repeated for several rounds.

Each round trains a new network on true labels, mixed (or swapped) with the pseudo-labels that the previous round's
pack gave to the soundscapes. Finished rounds are kept on disk; a killed run resumes from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.data.manifest import Clip, Dataset
from models.workshop.packing.pack import PackIdentity, export_pack, load_trained
from models.workshop.recipe import Recipe
from models.workshop.self_training.teacher import predict_soundscapes
from models.workshop.training.loop import TrainingSet, chosen_codes, train
from models.workshop.training.pseudo_labels import PseudoLabels, load_labels, refine, save_labels


@dataclass(frozen=True, slots=True)
class Round:
    """One generation; round 0 is the teacher, trained on true labels only."""

    number: int
    checkpoint: Path
    pack: Path


def run_rounds(
    recipe: Recipe,
    training_set: TrainingSet,
    soundscapes: Sequence[Clip],
    out_dir: Path,
    *,
    teacher: Round | None = None,
    seed: int | None = None,
    init_from: Path | None = None,
) -> list[Round]:
    """Train a teacher, unless one is passed, and a student for every gamma of the recipe; return all generations.

    Each starts from the backbone of the checkpoint `init_from`, if it is set.
    """
    generations = [teacher or train_round(recipe, training_set, out_dir, 0, seed=seed, init_from=init_from)]
    for number in range(1, len(recipe.pseudo.gammas) + 1):
        labels = label_soundscapes(
            generations[-1].pack, training_set.dataset, soundscapes, out_dir / f"labels-{number}.npz", recipe
        )
        student = TrainingSet(
            training_set.dataset, training_set.clips, training_set.validation, refine(labels, recipe.pseudo, number - 1)
        )
        generations.append(train_round(recipe, student, out_dir, number, seed=seed, init_from=init_from))
    return generations


def train_round(
    recipe: Recipe,
    training_set: TrainingSet,
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
        train(recipe, training_set, folder, seed=None if seed is None else seed + number, init_from=init_from)
    return Round(number, checkpoint, pack_of(checkpoint, recipe, training_set.dataset, folder / "pack"))


def pack_of(checkpoint: Path, recipe: Recipe, dataset: Dataset, folder: Path) -> Path:
    """Export a checkpoint as a pack of one member, with the taxa it was trained on; return the existing pack if any."""
    if (folder / "golden.npz").exists():
        return folder
    known = set(chosen_codes(recipe, dataset))
    taxa = [taxon for taxon in dataset.taxa if taxon.code in known]
    return export_pack([load_trained(checkpoint)], folder, taxa, PackIdentity(recipe.name))


def label_soundscapes(
    pack: Path, dataset: Dataset, soundscapes: Sequence[Clip], path: Path, recipe: Recipe
) -> PseudoLabels:
    """Return the pack's labels for the soundscapes; computed once, stored in `path`, and read from there later."""
    if not path.exists():
        ensemble = open_ensemble(pack, SessionOptions())
        save_labels(predict_soundscapes(ensemble, dataset.folder, soundscapes, recipe.model.window_s), path)
    return load_labels(path)
