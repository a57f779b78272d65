"""The command that compares packs with known onsets and offsets. Heavy modules are imported when it runs."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.workshop.commands.options import Seed, example, numbers
from models.workshop.errors import BadInput

if TYPE_CHECKING:
    from models.workshop.data.manifest import Dataset
    from models.workshop.evaluation.events.comparison import Sources


def register(app: typer.Typer) -> None:
    app.command(
        "score-events",
        epilog=example(
            "score-events recordings --pack birdnet=packs/birdnet \\\n      --pack native=packs/birdnet-native",
            "score-events world/manifest.csv --folds 2 \\\n      --pack synthetic=models/packs/synthetic",
            closing="The folder recordings holds index.csv and strong_labels.csv.",
        ),
    )(score_events)


def score_events(
    recordings: Annotated[
        Path, typer.Argument(help="Folder with index.csv and strong_labels.csv, or a manifest.csv.", exists=True)
    ],
    packs: Annotated[
        list[str], typer.Option("--pack", metavar="NAME=FOLDER", help="A pack to score; may be repeated.")
    ],
    *,
    intervals: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="Another program's CSV: file,onset_s,offset_s,label,score."),
    ] = None,
    min_score: Annotated[
        float, typer.Option(metavar="SCORE", min=0, max=1, help="Intervals from this score on are events.")
    ] = 0.25,
    folds: Annotated[str, typer.Option(metavar="N,N,…", help="Folds of a manifest to score; default: all.")] = "",
    choose_rules: Annotated[
        bool, typer.Option("--choose-rules", help="Also choose event rules, each on the other recordings.")
    ] = False,
    draws: Annotated[int, typer.Option(metavar="N", min=1, help="Draws of the bootstrap.")] = 500,
    seed: Seed = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write events.md and events.png.", file_okay=False)
    ] = None,
) -> None:
    """Compare packs with known onsets and offsets: frames, events, errors."""
    from models.workshop.evaluation.events.comparison import ComparisonOptions, compare, find_blocks
    from models.workshop.evaluation.events.picture import draw_lanes
    from models.workshop.evaluation.events.truth import load_recordings

    dataset = load_recordings(recordings, [int(fold) for fold in numbers(folds, "--folds")])
    folders, tables = _named(packs, "--pack"), _named(intervals or [], "--intervals")
    if both := folders.keys() & tables.keys():
        raise typer.BadParameter(f"{both.pop()!r} is the name of a pack, too", param_hint="--intervals")
    sources = _score(dataset, folders, tables, min_score)
    blocks = find_blocks(dataset, sources, list(folders))
    tell = partial(typer.echo, err=True)
    table = compare(dataset, sources, list(folders), ComparisonOptions(draws, seed, choose_rules, tell))
    typer.echo(table)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "events.md").write_text(table, encoding="utf-8")
        draw_lanes(dataset, blocks, sources, out / "events.png")


def _score(dataset: "Dataset", packs: dict[str, Path], intervals: dict[str, Path], min_score: float) -> "Sources":
    """Return what each pack and each table of intervals says; a line on stderr shows which recording is scored."""
    from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
    from models.workshop.evaluation.events.sources import read_intervals, score_intervals, score_pack

    tables = {name: read_intervals(path) for name, path in intervals.items()}
    sources: Sources = {}
    birds: set[str] = set()
    for name, folder in packs.items():
        ensemble = open_ensemble(folder, SessionOptions())
        birds |= {
            label.casefold()
            for taxon in ensemble.facts.taxa
            if taxon.taxonomic_class == "Aves"
            for label in (taxon.code, taxon.scientific_name, taxon.common_name)
        }
        with typer.progressbar(
            score_pack(ensemble, dataset), len(dataset.clips), name, file=typer.get_text_stream("stderr")
        ) as scored:
            sources[name] = list(scored)
    for name, rows in tables.items():
        sources[name] = list(score_intervals(rows, dataset, birds, min_score))
    return sources


def _named(values: list[str], option: str) -> dict[str, Path]:
    """Return paths by name; raises BadParameter for a value without a name, BadInput for a path that is missing."""
    named = {}
    for value in values:
        name, _, path = value.partition("=")
        if not name or not path:
            raise typer.BadParameter(f"{value!r}: write NAME=PATH, like birdnet=packs/birdnet", param_hint=option)
        if name in named:
            raise typer.BadParameter(f"{name!r} is named twice", param_hint=option)
        if not Path(path).exists():
            raise BadInput(f"{option} {name}: {path} does not exist")
        named[name] = Path(path)
    return named
