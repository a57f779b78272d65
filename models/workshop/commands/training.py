"""The commands that train: from a manifest to checkpoints. Heavy modules are imported when a command runs."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.workshop.commands.options import (
    Folds,
    HeldOut,
    InitFrom,
    Manifest,
    OutFolder,
    PackFolder,
    RecipeFile,
    RecipeSeed,
    Set,
    Threads,
    choose_folds,
    example,
    numbers,
    spell_folds,
)
from models.workshop.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.workshop.data.manifest import Clip, Dataset
    from models.workshop.training.loop import TrainingSet

SMALL = "models/workshop/recipes/small.toml"


def register(app: typer.Typer) -> None:
    app.command(
        epilog=example(
            f"train {SMALL} world/manifest.csv \\\n      --out runs/teacher",
            closing="Then `export` model.pt as a pack; `rounds` does all steps.",
        )
    )(train)
    app.command(
        "pseudo-label",
        epilog=example(
            "pseudo-label runs/small/round-0/pack world/manifest.csv \\\n      --out labels.npz",
            closing="Then `train … --pseudo labels.npz`.",
        ),
    )(pseudo_label)
    app.command(
        epilog=example(
            f"rounds {SMALL} world/manifest.csv \\\n      --out runs/small",
            closing="Then `evaluate runs/small/round-2/pack world/manifest.csv`.",
        )
    )(rounds)


def train(
    recipe: RecipeFile,
    manifest: Manifest,
    out: OutFolder,
    *,
    changed: Set = None,
    seed: RecipeSeed = None,
    threads: Threads = 1,
    folds: Folds = "0",
    held_out: HeldOut = "1",
    pseudo: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Pseudo-labels to train on, too; `rounds` pools several.", exists=True, dir_okay=False
        ),
    ] = None,
    pseudo_round: Annotated[
        int | None,
        typer.Option(
            "--round", metavar="N", min=1, help="Which of pseudo.gammas the labels are raised to; default: the first."
        ),
    ] = None,
    init_from: InitFrom = None,
) -> None:
    """Train one network: model.pt, metrics.csv, curves.png."""
    from models.workshop.recipe_files import load_recipe
    from models.workshop.training.kept_settings import keep_settings
    from models.workshop.training.loop import chosen_codes
    from models.workshop.training.loop import train as run
    from models.workshop.training.pseudo_labels import load_labels, refine
    from models.workshop.training.pseudo_pool import PseudoPool

    if pseudo is None and pseudo_round is not None:
        raise typer.BadParameter("there are no labels of a round without --pseudo", param_hint="--round")
    rules = load_recipe(recipe, changed or ())
    training_set = _training_set(manifest, folds, held_out, threads, noise=rules.augment.noise > 0)
    if pseudo is not None:
        labels = load_labels(pseudo).columns_of(chosen_codes(rules, training_set.dataset))
        _require_audio(training_set.dataset, labels.probs)
        labels = refine(replace(labels, window_s=rules.model.window_s), rules.pseudo, (pseudo_round or 1) - 1)
        training_set = replace(training_set, pseudo=PseudoPool([labels]))
        if not any(probs.any() for probs in labels.probs.values()):
            raise BadInput(f"{pseudo}: no label is left with pseudo.keep_above and pseudo.zero_below: lower them")
    options = {"--seed": seed, "--folds": spell_folds(folds), "--held-out": spell_folds(held_out)}
    options["--round"] = pseudo_round
    keep_settings(out, [rules], options, {"manifest": manifest, "--pseudo": pseudo, "--init-from": init_from})
    typer.echo(run(rules, training_set, out, seed=seed, init_from=init_from))


def pseudo_label(
    pack: PackFolder,
    manifest: Manifest,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Output file, like labels.npz.", dir_okay=False)],
    *,
    folds: Annotated[str, typer.Option(metavar="N,N,…", help="Folds whose soundscapes are labeled.")] = "0",
) -> None:
    """Label the unlabeled soundscapes with a pack, the teacher."""
    from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
    from models.workshop.data.manifest import load_dataset
    from models.workshop.self_training.teacher import predict_soundscapes
    from models.workshop.training.pseudo_labels import save_labels

    dataset = load_dataset(manifest)
    unlabeled = _unlabeled(dataset, folds)
    save_labels(predict_soundscapes(open_ensemble(pack, SessionOptions()), dataset.folder, unlabeled), out)
    typer.echo(f"{out}: {len(unlabeled)} soundscapes")


def rounds(
    recipe: RecipeFile,
    manifest: Manifest,
    out: OutFolder,
    *,
    others: Annotated[
        list[Path] | None,
        typer.Option(
            "--with", metavar="RECIPE", help="One more network of every round; repeatable.", exists=True, dir_okay=False
        ),
    ] = None,
    changed: Set = None,
    seed: RecipeSeed = None,
    threads: Threads = 1,
    folds: Folds = "0",
    held_out: HeldOut = "1",
    init_from: InitFrom = None,
) -> None:
    """Train a teacher, then students on its labels; export each.

    Trains one student for each of the recipe's pseudo.gammas. The teacher of a round is the ensemble of all networks so
    far, those of the other recipes, too. The last pack is expected to be the best; a recipe with fewer rounds is not in
    it, and `export` combines networks of several rounds.
    """
    from models.workshop.recipe_files import load_recipe
    from models.workshop.self_training.rounds import SelfTraining
    from models.workshop.training.kept_settings import keep_settings

    recipes = [load_recipe(path, changed or ()) for path in (recipe, *(others or ()))]
    if len(names := {made.name for made in recipes}) < len(recipes):
        raise typer.BadParameter(
            f"two recipes have the same name, of {', '.join(sorted(names))}; give one another `name`",
            param_hint="--with",
        )
    noise = any(made.augment.noise for made in recipes)
    training_set = _training_set(manifest, folds, held_out, threads, noise=noise)
    unlabeled = _unlabeled(training_set.dataset, folds) if any(made.pseudo.gammas for made in recipes) else ()
    options = {"--seed": seed, "--folds": spell_folds(folds), "--held-out": spell_folds(held_out)}
    keep_settings(out, recipes, options, {"manifest": manifest, "--init-from": init_from})
    for made in SelfTraining(recipes, training_set, unlabeled, out, seed=seed, init_from=init_from).run():
        typer.echo(made.pack)


def _training_set(manifest: Path, folds: str, held_out: str, threads: int, *, noise: bool) -> "TrainingSet":
    import torch

    from models.workshop.data.manifest import load_dataset
    from models.workshop.training.loop import TrainingSet

    torch.set_num_threads(threads)
    if both := set(numbers(folds, "--folds")) & set(numbers(held_out, "--held-out")):
        raise typer.BadParameter(f"fold {min(both)} is in --folds, too", param_hint="--held-out")
    dataset = load_dataset(manifest)
    labeled = [clip for clip in choose_folds(dataset, folds, "--folds", required=True) if clip.labels]
    if not labeled:
        raise BadInput(f"{manifest}: no recording of folds {folds} has labels")
    validation = choose_folds(dataset, held_out, "--held-out")
    noises = dataset.choose(kind="noise") if noise else ()
    _require_audio(dataset, [clip.path for clip in (*labeled, *validation, *noises)])
    return TrainingSet(dataset, labeled, validation)


def _unlabeled(dataset: "Dataset", folds: str) -> "tuple[Clip, ...]":
    choose_folds(dataset, folds, "--folds", required=True)
    if not (found := dataset.unlabeled(int(fold) for fold in numbers(folds, "--folds"))):
        raise BadInput(f"{dataset.folder}: folds {folds} of the manifest have no unlabeled soundscape")
    _require_audio(dataset, [clip.path for clip in found])
    return found


def _require_audio(dataset: "Dataset", paths: "Iterable[str]") -> None:
    if missing := [path for path in paths if not (dataset.folder / path).exists()]:
        raise BadInput(f"{dataset.folder}: {len(missing)} audio files are missing, the first is {missing[0]}")
