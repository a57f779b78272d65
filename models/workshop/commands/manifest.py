"""The commands that make manifests of local recordings."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.commands.options import Manifest, TaxaTable, example
from models.workshop.data.folders import Columns, read_events, read_folders, read_table
from models.workshop.data.license_terms import Refused, Terms
from models.workshop.data.manifest import load_dataset, load_taxa
from models.workshop.data.recordings import Built, DatasetOptions, build_dataset, save_built
from models.workshop.data.subset import narrow, taxa_at
from models.workshop.errors import BadInput

SHOWN = 20
"""The most items printed of a list; refused.csv lists all refused recordings."""

manifest_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

NewManifest = Annotated[
    Path,
    typer.Option(
        "--out", metavar="FOLDER", help="Folder for manifest.csv, taxa.csv, events.csv and refused.csv.",
        file_okay=False,
    ),
]  # fmt: skip
FoldCount = Annotated[int, typer.Option("--folds", metavar="N", min=1, help="Number of folds to split into.")]
FoldSeed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of the split into folds.")]
AllowNd = Annotated[bool, typer.Option("--allow-nd", help="Accept licenses that forbid derivatives.")]
AllowUnstated = Annotated[bool, typer.Option("--allow-unstated", help="Accept recordings without a stated license.")]


def register(app: typer.Typer) -> None:
    app.add_typer(manifest_app, name="manifest", help="Make a manifest of folders, a table or another manifest.")


@manifest_app.command("folders", epilog=example("manifest folders recordings --license CC-BY-4.0 --out data"))
def from_folders(
    root: Annotated[
        Path,
        typer.Argument(
            help="Has one folder for each taxon, besides `soundscapes` (unlabeled) and `noise`.",
            exists=True,
            file_okay=False,
        ),
    ],
    out: NewManifest,
    license_text: Annotated[
        str, typer.Option("--license", metavar="SPDX", help="License of all these recordings, such as CC-BY-4.0.")
    ],
    *,
    source: Annotated[
        str, typer.Option(metavar="TEXT", help="Source of the recordings; default: the folder's name.")
    ] = "",
    group_pattern: Annotated[
        str,
        typer.Option(
            "--group", metavar="REGEX", help="Part of the file name that names a group; a group stays in one fold."
        ),
    ] = ".+",
    folds: FoldCount = 5,
    seed: FoldSeed = 0,
    taxa: TaxaTable = None,
) -> None:
    """Make a manifest of folders that are named after taxa."""
    try:
        re.compile(group_pattern)
    except re.error as error:
        raise typer.BadParameter(f"{group_pattern!r}: {error}", param_hint="--group") from error
    recordings = list(read_folders(root, license_text, source, group_pattern=group_pattern))
    options = DatasetOptions(folds, seed, taxa=load_taxa(taxa) if taxa else ())
    _save(build_dataset(recordings, out, options))


@manifest_app.command(
    "table",
    epilog=example("manifest table index.csv --out data \\\n      --columns path=file,labels=species,license=licence"),
)
def from_table(
    table: Annotated[
        Path,
        typer.Argument(help="A CSV with one recording per row; paths are relative to it.", exists=True, dir_okay=False),
    ],
    out: NewManifest,
    *,
    columns: Annotated[
        str,
        typer.Option(
            metavar="OURS=THEIRS,…",
            help="The table's names for path, labels, license, source, group, kind, taxonomic_class, background.",
        ),
    ] = "",
    kinds: Annotated[
        str,
        typer.Option(metavar="THEIRS=OURS,…", help="The table's names for soundscape and noise; others are focal."),
    ] = "",
    events: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV of known events: file,label,onset_s,offset_s.", exists=True, dir_okay=False
        ),
    ] = None,
    folds: FoldCount = 5,
    seed: FoldSeed = 0,
    taxa: TaxaTable = None,
    allow_nd: AllowNd = False,
    allow_unstated: AllowUnstated = False,
) -> None:
    """Make a manifest of a CSV table of recordings."""
    names = Columns.named(_pairs(columns, "--columns"))
    recordings = list(read_table(table, names, _pairs(kinds, "--kinds") or None))
    known = read_events(events) if events else {}
    options = DatasetOptions(folds, seed, Terms(allow_nd, allow_unstated), load_taxa(taxa) if taxa else ())
    _save(build_dataset(recordings, out, options, known))


@manifest_app.command(
    "narrow",
    epilog=example(
        "manifest narrow archive/manifest.csv --min-recordings 20 \\\n"
        "      --exclude-taxa-of data/manifest.csv --out pretraining",
        closing="Then `train … pretraining/manifest.csv`, and `--init-from` its model.pt.",
    ),
)
def narrowed(
    manifest: Manifest,
    out: NewManifest,
    *,
    min_recordings: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="Remove taxa with fewer labeled recordings."),
    ] = 1,
    exclude_taxa_of: Annotated[
        list[Path],
        typer.Option(
            metavar="PATH",
            help="taxa.csv, manifest.csv or pack whose taxa are excluded. Can be repeated.",
            exists=True,
        ),
    ] = [],  # noqa: B006 — typer copies it
) -> None:
    """Make a manifest of a part of another, for pretraining.

    A recording that contains an excluded taxon is left out, even if the taxon is in the background only. A taxon with
    too few recordings is removed, and so is a recording with no other label. Audio files are not moved or copied.
    """
    if out.resolve() == manifest.parent.resolve():
        raise typer.BadParameter("this folder holds the manifest itself: choose another", param_hint="--out")
    exclude = tuple(taxon for path in exclude_taxa_of for taxon in taxa_at(path))
    found = narrow(load_dataset(manifest), out, min_recordings=min_recordings, exclude=exclude)
    _print_taxa(f"excluded {len(found.excluded)} of {len(exclude)} unwanted taxa", found.excluded)
    _print_taxa(f"removed {len(found.rare)} taxa with fewer than {min_recordings} recordings", found.rare)
    _save(found.built)


def print_refused(refused: Sequence[Refused]) -> None:
    """Print to stderr how many recordings were left out, for which reasons, and which ones."""
    for reason, count in Counter(item.reason for item in refused).most_common():
        typer.echo(f"left out {count}: {reason}", err=True)
    for item in refused[:SHOWN]:
        typer.echo(f"  {item.recording} ({item.license})", err=True)
    if len(refused) > SHOWN:
        typer.echo(f"  … and {len(refused) - SHOWN} more, all in refused.csv", err=True)


def _print_taxa(what: str, taxa: Sequence[Taxon]) -> None:
    names = [taxon.scientific_name for taxon in taxa[:SHOWN]] + ["…"] * (len(taxa) > SHOWN)
    typer.echo(f"{what}{': ' if names else ''}{', '.join(names)}", err=True)


def _save(built: Built) -> None:
    print_refused(built.refused)
    if not built.dataset.clips:
        raise BadInput("no recording can be used: no manifest written")
    typer.echo(f"{save_built(built)}: {len(built.dataset.clips)} recordings, {len(built.dataset.taxa)} taxa")


def _pairs(text: str, option: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(",") if part]
    if bad := [pair[0] for pair in pairs if len(pair) != 2]:
        raise typer.BadParameter(f"{bad[0]!r}: write name=name, joined by commas", param_hint=option)
    return {name.strip(): value.strip() for name, value in pairs}
