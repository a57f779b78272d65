"""The commands that make manifests of recordings that are here already."""

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
"""So many of a kind are listed; refused.csv has all recordings."""

manifest_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

NewManifest = Annotated[
    Path,
    typer.Option(
        "--out", metavar="FOLDER", help="Where to write manifest.csv, taxa.csv, events.csv and refused.csv.",
        file_okay=False,
    ),
]  # fmt: skip
FoldCount = Annotated[int, typer.Option("--folds", metavar="N", min=1, help="Into how many folds to deal recordings.")]
DealingSeed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Another seed deals other folds.")]
AllowNd = Annotated[bool, typer.Option("--allow-nd", help="Take recordings whose license forbids derivatives, too.")]
AllowUnstated = Annotated[bool, typer.Option("--allow-unstated", help="Take recordings without a stated license, too.")]


def register(app: typer.Typer) -> None:
    app.add_typer(manifest_app, name="manifest", help="List the recordings that are here: folders, tables, parts.")


@manifest_app.command("folders", epilog=example("manifest folders recordings --license CC-BY-4.0 --out data"))
def from_folders(
    root: Annotated[
        Path,
        typer.Argument(
            help="Holds a folder for each taxon; `soundscapes` (unlabeled) and `noise` are none.",
            exists=True,
            file_okay=False,
        ),
    ],
    out: NewManifest,
    license_text: Annotated[
        str, typer.Option("--license", metavar="SPDX", help="Terms of all these recordings, such as CC-BY-4.0.")
    ],
    *,
    source: Annotated[
        str, typer.Option(metavar="TEXT", help="Where they are from; the folder's name without it.")
    ] = "",
    group_pattern: Annotated[
        str,
        typer.Option(
            "--group", metavar="REGEX", help="Part of a file's name that its pieces share: they stay in one fold."
        ),
    ] = ".+",
    folds: FoldCount = 5,
    seed: DealingSeed = 0,
    taxa: TaxaTable = None,
) -> None:
    """List recordings in folders that are named for taxa."""
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
        Path, typer.Argument(help="A CSV, one recording a row; paths are relative to it.", exists=True, dir_okay=False)
    ],
    out: NewManifest,
    *,
    columns: Annotated[
        str,
        typer.Option(
            metavar="OURS=THEIRS,…",
            help="How the table calls path, labels, license, source, group, kind, taxonomic_class, background.",
        ),
    ] = "",
    kinds: Annotated[
        str,
        typer.Option(metavar="THEIRS=OURS,…", help="What it calls soundscape and noise; all others are focal."),
    ] = "",
    events: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV of known events: file,label,onset_s,offset_s.", exists=True, dir_okay=False
        ),
    ] = None,
    folds: FoldCount = 5,
    seed: DealingSeed = 0,
    taxa: TaxaTable = None,
    allow_nd: AllowNd = False,
    allow_unstated: AllowUnstated = False,
) -> None:
    """List recordings of a table that somebody keeps."""
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
        typer.Option(metavar="N", min=1, help="Forget taxa with fewer labeled recordings."),
    ] = 1,
    exclude_taxa_of: Annotated[
        list[Path],
        typer.Option(
            metavar="PATH",
            help="taxa.csv, manifest.csv or pack: none of its taxa may be heard. Can be repeated.",
            exists=True,
        ),
    ] = [],  # noqa: B006 — typer copies it
) -> None:
    """List a part of a manifest, to pretrain on.

    A recording on which an excluded taxon is heard is left out, be it in the background. A taxon with too few
    recordings is forgotten, and a recording with none of the others is left out. Sounds stay where they are.
    """
    if out.resolve() == manifest.parent.resolve():
        raise typer.BadParameter("the manifest itself lies there: name another folder", param_hint="--out")
    exclude = tuple(taxon for path in exclude_taxa_of for taxon in taxa_at(path))
    found = narrow(load_dataset(manifest), out, min_recordings=min_recordings, exclude=exclude)
    _tell_taxa(f"excluded {len(found.excluded)} of {len(exclude)} taxa that may not be heard", found.excluded)
    _tell_taxa(f"forgot {len(found.rare)} taxa with fewer than {min_recordings} recordings", found.rare)
    _save(found.built)


def tell_refused(refused: Sequence[Refused]) -> None:
    """Say how many recordings were left out and why, and which, on stderr."""
    for reason, count in Counter(item.reason for item in refused).most_common():
        typer.echo(f"left out {count}: {reason}", err=True)
    for item in refused[:SHOWN]:
        typer.echo(f"  {item.recording} ({item.license})", err=True)
    if len(refused) > SHOWN:
        typer.echo(f"  … and {len(refused) - SHOWN} more, all in refused.csv", err=True)


def _tell_taxa(what: str, taxa: Sequence[Taxon]) -> None:
    names = [taxon.scientific_name for taxon in taxa[:SHOWN]] + ["…"] * (len(taxa) > SHOWN)
    typer.echo(f"{what}{': ' if names else ''}{', '.join(names)}", err=True)


def _save(built: Built) -> None:
    tell_refused(built.refused)
    if not built.dataset.clips:
        raise BadInput("no recording can be used, so there is no manifest")
    typer.echo(f"{save_built(built)}: {len(built.dataset.clips)} recordings, {len(built.dataset.taxa)} taxa")


def _pairs(text: str, option: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(",") if part]
    if bad := [pair[0] for pair in pairs if len(pair) != 2]:
        raise typer.BadParameter(f"{bad[0]!r}: write name=name, joined by commas", param_hint=option)
    return {name.strip(): value.strip() for name, value in pairs}
