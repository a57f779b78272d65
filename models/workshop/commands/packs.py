"""The commands that evaluate and export packs. Heavy modules are imported when a command runs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from models.workshop.commands.options import Manifest, NewPack, PackFolder, choose_folds, example, numbers

SpecialistsOption = Annotated[
    Literal["join", "replace"],
    typer.Option(help="What networks that know some of the taxa do there: join the others' mean, or replace them."),
]
Winner = Literal["birdclef-2025-1st", "birdclef-2025-2nd"]


def register(app: typer.Typer) -> None:
    app.command(epilog=example("evaluate runs/small/round-2/pack world/manifest.csv --held-out 2"))(evaluate)
    app.command(
        epilog=example(
            "export runs/a/model.pt runs/b/model.pt --taxa world/taxa.csv \\\n"
            "      --name pair --license CC0-1.0 --attribution 'your name' --out packs/pair",
            closing="Then `chorus models verify packs/pair`, and `chorus analyze --pack packs/pair …`.",
        )
    )(export)
    app.command(
        "random-pack",
        epilog=example(
            "random-pack birdclef-2025-1st --random 1 --out packs/first",
            closing="Then `chorus models verify packs/first`.",
        ),
    )(random_pack)


def evaluate(
    pack: PackFolder,
    manifest: Manifest,
    *,
    held_out: Annotated[str, typer.Option(metavar="N,N,…", help="Folds to measure on, not used in training.")] = "2",
) -> None:
    """Measure a pack on recordings it was not trained on.

    Prints macro ROC-AUC and cmAP of windows and, for recordings in events.csv, event F1 (0.5-s collar) and PSDS.
    """
    from dataclasses import asdict

    from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
    from models.workshop.data.manifest import load_dataset
    from models.workshop.evaluation.held_out import evaluate as measure

    dataset = load_dataset(manifest)
    if not (clips := choose_folds(dataset, held_out, "--held-out")):
        raise typer.BadParameter("name at least one fold to measure on", param_hint="--held-out")
    for name, value in asdict(measure(open_ensemble(pack, SessionOptions()), dataset, clips)).items():
        typer.echo(f"{name:15} {value:.4f}" if isinstance(value, float) else f"{name:15} {value}")


def export(
    checkpoints: Annotated[
        list[Path], typer.Argument(help="model.pt of each member, written by `train`.", exists=True, dir_okay=False)
    ],
    out: NewPack,
    *,
    taxa: Annotated[Path, typer.Option(metavar="FILE", help="taxa.csv of the ensemble.", exists=True, dir_okay=False)],
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the pack.")],
    license_id: Annotated[
        str, typer.Option("--license", metavar="SPDX", help="License of the weights, such as CC-BY-4.0.")
    ],
    attribution: Annotated[str, typer.Option(metavar="TEXT", help="Whom to credit.")],
    like: Annotated[
        Winner | None,
        typer.Option(help="Use this winner's weights and score rules; checkpoints in its members' order."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(metavar="W,W,…", help="Weight of each member; default: equal weights.")
    ] = None,
    specialists: SpecialistsOption = "join",
    fp16: Annotated[bool, typer.Option("--fp16", help="Also write half-precision copies.")] = False,
) -> None:
    """Export checkpoints as a pack and check it against PyTorch."""
    from models.workshop.data.manifest import load_taxa
    from models.workshop.packing.birdclef_2025 import find_winner
    from models.workshop.packing.pack import PackIdentity, PackRules, export_pack, load_trained

    winner = find_winner(like, len(checkpoints)) if like else None
    requested = numbers(weights, "--weights", float) if weights else None
    shares = requested or (winner.weights if winner else (1.0,) * len(checkpoints))
    if len(shares) != len(checkpoints):
        raise typer.BadParameter(f"{len(shares)} weights for {len(checkpoints)} members", param_hint="--weights")
    if not all(0 < share < float("inf") for share in shares):
        raise typer.BadParameter("weights must be numbers greater than 0", param_hint="--weights")
    rules = PackRules(winner.score, {}, winner.frame_s, specialists) if winner else PackRules(specialists=specialists)
    members = [load_trained(path, weight) for path, weight in zip(checkpoints, shares, strict=True)]
    identity = PackIdentity(name, license_id=license_id, attribution=attribution)
    typer.echo(export_pack(members, out, load_taxa(taxa), identity, rules, fp16=fp16))


def random_pack(
    name: Annotated[Winner, typer.Argument(help="The winning ensemble.")],
    out: NewPack,
    *,
    random: Annotated[int, typer.Option("--random", metavar="N", min=0, help="Seed of the random weights.")] = 0,
    specialists: SpecialistsOption = "join",
) -> None:
    """Make a winner's pack with random weights, for benchmarks."""
    from models.workshop.packing.birdclef_2025 import write_random_pack

    typer.echo(write_random_pack(name, random, out, specialists))
