"""Arguments and options that several commands share, and how they are parsed."""

from pathlib import Path
from typing import Annotated

import typer

from models.workshop.data.manifest import Clip, Dataset

PROGRAM = "python -m models.workshop"

RecipeFile = Annotated[
    Path, typer.Argument(help="A recipe, like those in models/workshop/recipes.", exists=True, dir_okay=False)
]
Manifest = Annotated[
    Path, typer.Argument(help="manifest.csv, with taxa.csv in its folder.", exists=True, dir_okay=False)
]
PackFolder = Annotated[
    Path, typer.Argument(help="Folder of a pack, with pack.toml and networks.", exists=True, file_okay=False)
]
OutFolder = Annotated[
    Path,
    typer.Option("--out", metavar="FOLDER", help="Output folder; a killed run is resumed from it.", file_okay=False),
]
NewPack = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder of the pack to write.", file_okay=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A key of the recipe, like optimizer.epochs=3; may be repeated."),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Seed of everything random.")]
RecipeSeed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=0, max=2**32 - 1, help="Seed of everything random; default: the recipe's."),
]
Threads = Annotated[int, typer.Option(metavar="N", min=1, help="Number of CPU threads.")]
Folds = Annotated[str, typer.Option(metavar="N,N,…", help="Folds of the manifest to train on.")]
HeldOut = Annotated[str, typer.Option(metavar="N,N,…", help="Folds to validate on after every epoch; '' for none.")]
InitFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="CHECKPOINT", help="model.pt whose backbone to start from; its taxa may differ.",
        exists=True, dir_okay=False,
    ),
]  # fmt: skip
TaxaTable = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="taxa.csv that maps labels to codes and names; default: codes made of the labels.",
        exists=True, dir_okay=False,
    ),
]  # fmt: skip


def example(*commands: str, title: str = "Example", closing: str = "") -> str:
    """Return the example at the end of a command's help, marked so that its lines are not wrapped."""
    lines = [f"{title}:", *(f"  {PROGRAM} {command}" for command in commands)]
    return "\b\n" + "\n".join(lines) + (f"\n\n{closing}" if closing else "")


def numbers(text: str, option: str, kind: type[int] | type[float] = int) -> list[float]:
    """Return the numbers of a comma-separated text; raises BadParameter that names the option."""
    try:
        return [kind(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: write numbers joined by commas, like 0,1", param_hint=option) from error


def spell_folds(folds: str) -> str:
    """Return folds in one spelling, like 0,1 for "1, 0"."""
    return ",".join(map(str, sorted(set(numbers(folds, "--folds")))))


def choose_folds(dataset: Dataset, folds: str, option: str, *, required: bool = False) -> tuple[Clip, ...]:
    """Return the recordings of these folds.

    Raises BadParameter for a fold that the manifest does not have, and for none at all where some are required.
    """
    requested, known = numbers(folds, option), sorted({clip.fold for clip in dataset.clips})
    if missing := [fold for fold in requested if fold not in known]:
        folds_known = ", ".join(map(str, known))
        raise typer.BadParameter(f"the manifest has no fold {missing[0]}; it has {folds_known}", param_hint=option)
    if required and not requested:
        raise typer.BadParameter("name at least one fold", param_hint=option)
    return dataset.choose(folds=[int(fold) for fold in requested])
