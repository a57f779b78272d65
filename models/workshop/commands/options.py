"""What several commands ask for, in the same words, and how it is read."""

from pathlib import Path
from typing import Annotated

import typer

from models.workshop.data.manifest import Clip, Dataset

PROGRAM = "python -m models.workshop"

RecipeFile = Annotated[
    Path, typer.Argument(help="A recipe: models/workshop/recipes has five.", exists=True, dir_okay=False)
]
Manifest = Annotated[Path, typer.Argument(help="manifest.csv, with taxa.csv beside it.", exists=True, dir_okay=False)]
PackFolder = Annotated[
    Path, typer.Argument(help="Folder of a pack: pack.toml and networks.", exists=True, file_okay=False)
]
OutFolder = Annotated[
    Path, typer.Option("--out", metavar="FOLDER", help="Where to write; a killed run goes on there.", file_okay=False)
]
NewPack = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder of the pack to write.", file_okay=False)]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Everything random follows from it.")]
Threads = Annotated[int, typer.Option(metavar="N", min=1, help="Threads of the CPU to compute with.")]
Folds = Annotated[str, typer.Option(metavar="N,N,…", help="Folds of the manifest to learn from.")]
HeldOut = Annotated[str, typer.Option(metavar="N,N,…", help="Folds to be measured on after every epoch; '' for none.")]
InitFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="CHECKPOINT", help="model.pt whose backbone to begin with; it may know other taxa.",
        exists=True, dir_okay=False,
    ),
]  # fmt: skip
TaxaTable = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="taxa.csv to find codes and names in, such as a pack's; names without it.",
        exists=True, dir_okay=False,
    ),
]  # fmt: skip


def example(*commands: str, title: str = "Example", closing: str = "") -> str:
    """Write the end of a command's help: what to type, left as it is by the line breaking."""
    lines = [f"{title}:", *(f"  {PROGRAM} {command}" for command in commands)]
    return "\b\n" + "\n".join(lines) + (f"\n\n{closing}" if closing else "")


def numbers(text: str, option: str, kind: type[int] | type[float] = int) -> list[float]:
    """Read numbers joined by commas; raises BadParameter that names the option."""
    try:
        return [kind(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: write numbers joined by commas, like 0,1", param_hint=option) from error


def choose_folds(dataset: Dataset, folds: str, option: str) -> tuple[Clip, ...]:
    """Return the recordings of these folds; raises BadParameter for one that the manifest does not have."""
    wanted, there = numbers(folds, option), sorted({clip.fold for clip in dataset.clips})
    if missing := [fold for fold in wanted if fold not in there]:
        known = ", ".join(map(str, there))
        raise typer.BadParameter(f"the manifest has no fold {missing[0]}; it has {known}", param_hint=option)
    return dataset.choose(folds=[int(fold) for fold in wanted])
