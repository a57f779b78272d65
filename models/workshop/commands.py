"""The commands from a manifest to a pack. What is heavy is imported when one runs, so that `--help` answers at once."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Make ensembles: recordings in, model packs out.", no_args_is_help=True, rich_markup_mode=None)

RecipeFile = Annotated[Path, typer.Argument(help="A recipe, as in models/workshop/recipes.", exists=True)]
Manifest = Annotated[Path, typer.Argument(help="manifest.csv of the recordings.", exists=True)]
OutDir = Annotated[Path, typer.Option("--out", help="Folder to write to; a run that was killed goes on there.")]
Seed = Annotated[int, typer.Option(help="Everything random follows from it.")]
Threads = Annotated[int, typer.Option(help="Threads of a CPU to compute with.")]
Folds = Annotated[str, typer.Option(help="Folds to learn from, joined by commas.")]
HeldOut = Annotated[str, typer.Option(help="Folds to be measured on, joined by commas.")]


@app.command()
def train(
    recipe: RecipeFile,
    manifest: Manifest,
    out: OutDir,
    *,
    seed: Seed = 0,
    threads: Threads = 1,
    folds: Folds = "0",
    held_out: HeldOut = "1",
    pseudo: Annotated[Path | None, typer.Option(help="Labels from `pseudo-label` to learn from too.")] = None,
    init_from: Annotated[Path | None, typer.Option(help="Checkpoint whose backbone to begin with.")] = None,
) -> None:
    """Train one network; writes model.pt, metrics.csv and curves.png."""
    from models.workshop.pseudo_labels import load_labels, refine
    from models.workshop.recipe import load_recipe
    from models.workshop.training import TrainingSet
    from models.workshop.training import train as run

    rules, learn = load_recipe(recipe), _training_set(manifest, folds, held_out, threads)
    if pseudo is not None:
        labels = refine(load_labels(pseudo), rules.pseudo, 0)
        learn = TrainingSet(learn.dataset, learn.clips, learn.validation, labels)
    typer.echo(run(rules, learn, out, seed=seed, init_from=init_from))


@app.command("pseudo-label")
def pseudo_label(
    pack: Annotated[Path, typer.Argument(help="The teacher: a pack.", exists=True)],
    manifest: Manifest,
    out: Annotated[Path, typer.Option("--out", help="File to write, .npz.")],
    *,
    window_s: Annotated[float, typer.Option(help="What a student's example spans.")] = 5.0,
    folds: Folds = "0",
) -> None:
    """Write down what a pack hears in the soundscapes that nobody has labeled."""
    from models.workshop.manifest import load_dataset
    from models.workshop.pack_scores import predict_soundscapes
    from models.workshop.pseudo_labels import save_labels
    from services.inference.ensemble import SessionOptions, open_ensemble

    dataset = load_dataset(manifest)
    ensemble = open_ensemble(pack, SessionOptions())
    save_labels(predict_soundscapes(ensemble, dataset.folder, dataset.unlabeled(_numbers(folds)), window_s), out)


@app.command()
def rounds(
    recipe: RecipeFile,
    manifest: Manifest,
    out: OutDir,
    *,
    seed: Seed = 0,
    threads: Threads = 1,
    folds: Folds = "0",
    held_out: HeldOut = "1",
) -> None:
    """Teacher, labels, student, and again: as many rounds as the recipe has gammas; the last pack is the best."""
    from models.workshop.recipe import load_recipe
    from models.workshop.rounds import run_rounds

    learn = _training_set(manifest, folds, held_out, threads)
    unlabeled = learn.dataset.unlabeled(_numbers(folds))
    for generation in run_rounds(load_recipe(recipe), learn, unlabeled, out, seed=seed):
        typer.echo(generation.pack)


@app.command()
def evaluate(
    pack: Annotated[Path, typer.Argument(help="A pack, of the workshop or not.", exists=True)],
    manifest: Manifest,
    *,
    held_out: HeldOut = "2",
) -> None:
    """Measure a pack on held-out recordings: macro ROC-AUC, cmAP, and, where events are known, event F1 and PSDS."""
    from dataclasses import asdict

    from models.workshop.evaluation import evaluate as measure
    from models.workshop.manifest import load_dataset
    from services.inference.ensemble import SessionOptions, open_ensemble

    dataset = load_dataset(manifest)
    measures = measure(open_ensemble(pack, SessionOptions()), dataset, dataset.choose(folds=_numbers(held_out)))
    for name, value in asdict(measures).items():
        typer.echo(f"{name:15} {value:.4f}" if isinstance(value, float) else f"{name:15} {value}")


@app.command()
def export(
    checkpoints: Annotated[list[Path], typer.Argument(help="model.pt of each member.", exists=True)],
    out: Annotated[Path, typer.Option("--out", help="Folder of the pack.")],
    *,
    taxa: Annotated[Path, typer.Option(help="taxa.csv of the ensemble.", exists=True)],
    name: Annotated[str, typer.Option(help="What the pack is called.")],
    license_id: Annotated[str, typer.Option("--license", help="SPDX expression of the weights.")],
    attribution: Annotated[str, typer.Option(help="Whom to credit.")],
    like: Annotated[str | None, typer.Option(help="Weights and score rules of birdclef-2025-1st or -2nd.")] = None,
    weights: Annotated[str | None, typer.Option(help="One a member, joined by commas; else all alike.")] = None,
    fp16: Annotated[bool, typer.Option(help="Write half-precision copies, too.")] = False,
) -> None:
    """Make a pack of checkpoints: ONNX, taxa, rules and self-test, each network checked against PyTorch."""
    from models.workshop.manifest import load_taxa
    from models.workshop.packing import PackIdentity, PackRules, export_pack, load_trained
    from models.workshop.winners import winner_named

    winner = winner_named(like, len(checkpoints)) if like else None
    given = tuple(float(weight) for weight in weights.split(",")) if weights else None
    shares = given or (winner.weights if winner else (1.0,) * len(checkpoints))
    rules = PackRules(winner.score, {}, winner.frame_s) if winner else PackRules()
    members = [load_trained(path, weight) for path, weight in zip(checkpoints, shares, strict=True)]
    identity = PackIdentity(name, license_id=license_id, attribution=attribution)
    typer.echo(export_pack(members, out, load_taxa(taxa), identity, rules, fp16=fp16))


@app.command("random-pack")
def random_pack(
    name: Annotated[str, typer.Argument(help="birdclef-2025-1st or birdclef-2025-2nd.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the pack.")],
    *,
    random: Annotated[int, typer.Option("--random", help="Seed of the random weights.")] = 0,
) -> None:
    """Make a winner's pack with random weights: for benchmarks and parity, marked as what it is."""
    from models.workshop.winners import random_winner

    typer.echo(random_winner(name, random, out))


def _training_set(manifest: Path, folds: str, held_out: str, threads: int):
    import torch

    from models.workshop.manifest import load_dataset
    from models.workshop.training import TrainingSet

    torch.set_num_threads(threads)
    dataset = load_dataset(manifest)
    labeled = [clip for clip in dataset.choose(folds=_numbers(folds)) if clip.labels]
    return TrainingSet(dataset, labeled, dataset.choose(folds=_numbers(held_out)))


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]
