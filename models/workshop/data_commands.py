"""The commands that bring recordings in, and `reality`, which learns from those of this project."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.workshop.folders import Columns, read_events, read_folders, read_table
from models.workshop.manifest import load_taxa
from models.workshop.polite_transport import PoliteTransport
from models.workshop.recordings import Built, DatasetOptions, build_dataset, save_built
from models.workshop.settings import XenoCantoSettings
from models.workshop.terms import Refused, Terms
from models.workshop.xeno_canto import fetch_recordings
from models.workshop.xeno_canto_api import XenoCanto
from services.domain.errors import ChorusError

SHOWN = 20
"""So many refused recordings are listed; refused.csv has all."""

manifest_app = typer.Typer(help="Make a manifest of recordings that are here.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", help="Folder for manifest.csv, taxa.csv, events.csv and refused.csv.")]
FoldCount = Annotated[int, typer.Option("--folds", min=1, help="Into how many folds recordings are dealt.")]
Seed = Annotated[int, typer.Option(help="Of the dealing.")]
Taxa = Annotated[Path | None, typer.Option(help="taxa.csv to find codes and names in, such as a pack's.", exists=True)]
AllowNd = Annotated[bool, typer.Option("--allow-nd", help="Take recordings whose license forbids derivatives, too.")]
AllowUnstated = Annotated[bool, typer.Option("--allow-unstated", help="Take recordings without a stated license, too.")]


def register(app: typer.Typer) -> None:
    app.add_typer(manifest_app, name="manifest")
    app.command("fetch-xeno-canto")(fetch_xeno_canto)
    app.command()(reality)


@manifest_app.command("folders")
def from_folders(
    root: Annotated[Path, typer.Argument(help="TAXON/**/file; `soundscapes` and `noise` are no taxa.", exists=True)],
    out: Out,
    license_text: Annotated[str, typer.Option("--license", help="Terms of all these recordings.")],
    *,
    source: Annotated[str, typer.Option(help="Where they are from; default: the folder's name.")] = "",
    group_pattern: Annotated[
        str, typer.Option("--group", help="Regular expression: the part of a file's name that names its recording.")
    ] = ".+",
    folds: FoldCount = 5,
    seed: Seed = 0,
    taxa: Taxa = None,
) -> None:
    """Make a manifest of folders that are named for what is heard in them."""
    try:
        recordings = list(read_folders(root, license_text, source, group_pattern=group_pattern))
    except ValueError as error:
        _give_up(error)
    options = DatasetOptions(folds, seed, taxa=load_taxa(taxa) if taxa else ())
    _save(build_dataset(recordings, out, options))


@manifest_app.command("table")
def from_table(
    table: Annotated[Path, typer.Argument(help="A CSV of recordings; paths are relative to it.", exists=True)],
    out: Out,
    *,
    columns: Annotated[
        str, typer.Option(help="What the table calls its columns: path=file,labels=label,license=licence,…")
    ] = "",
    kinds: Annotated[str, typer.Option(help="What it calls kinds: field=soundscape,rain=noise; others: focal.")] = "",
    events: Annotated[Path | None, typer.Option(help="CSV: file,label,onset_s,offset_s.", exists=True)] = None,
    folds: FoldCount = 5,
    seed: Seed = 0,
    taxa: Taxa = None,
    allow_nd: AllowNd = False,
    allow_unstated: AllowUnstated = False,
) -> None:
    """Make a manifest of a table that somebody keeps."""
    try:
        recordings = list(read_table(table, Columns(**_pairs(columns)), _pairs(kinds) or None))
        known = read_events(events) if events else {}
    except (TypeError, ValueError) as error:
        _give_up(error)
    options = DatasetOptions(folds, seed, Terms(allow_nd, allow_unstated), load_taxa(taxa) if taxa else ())
    _save(build_dataset(recordings, out, options, known))


def fetch_xeno_canto(
    queries: Annotated[list[str], typer.Argument(metavar="QUERY…", help="Tags, like 'grp:frogs q:A'.")],
    out: Annotated[Path, typer.Option("--out", help="Folder; what is there already is not fetched again.")],
    *,
    folds: FoldCount = 5,
    seed: Seed = 0,
    taxa: Taxa = None,
    allow_nd: AllowNd = False,
) -> None:
    """Fetch recordings from Xeno-canto, with attribution and a manifest. XENO_CANTO_KEY holds your account's key."""
    settings = XenoCantoSettings()
    if settings.key is None or not settings.key.get_secret_value():
        _give_up("XENO_CANTO_KEY is not set: every account has a key, see https://xeno-canto.org/account")
    options = DatasetOptions(folds, seed, Terms(allow_nd), load_taxa(taxa) if taxa else ())
    transport = PoliteTransport(httpx.URL(settings.url), settings.key.get_secret_value())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with (
            XenoCanto(transport) as archive,
            Progress(*columns, console=Console(stderr=True)) as progress,
        ):
            fetched = fetch_recordings(archive, queries, out, options, progress)
    except ChorusError as error:
        _give_up(error)
    tell_refused(fetched.refused)
    for message in fetched.broken:
        typer.echo(message, err=True)
    typer.echo(f"{fetched.manifest}: {fetched.n_clips} recordings, {fetched.n_new} of them new")
    if fetched.broken:
        raise typer.Exit(1)


def reality(
    audio: Annotated[Path, typer.Argument(help="Folder with index.csv and strong_labels.csv.", exists=True)],
    work: Annotated[Path, typer.Option(help="Folder for checkpoints and packs; a killed run goes on there.")],
    birdnet: Annotated[Path, typer.Option(help="The pack `birdnet`.", exists=True)],
    *,
    recipe: Annotated[Path | None, typer.Option(help="Default: recipes/small.toml.", exists=True)] = None,
    seed: Seed = 0,
    threads: Annotated[int, typer.Option(help="Threads of a CPU to compute with.")] = 1,
) -> None:
    """Train the small recipe on real recordings, with pseudo-labels, and print a table beside BirdNET."""
    import torch

    from models.workshop.reality import SMALL, RealityOptions, face_reality

    torch.set_num_threads(threads)
    typer.echo(face_reality(work, RealityOptions(audio, birdnet, recipe or SMALL, seed=seed)))


def tell_refused(refused: Sequence[Refused]) -> None:
    """Say how many recordings were left out and why, and which, on stderr."""
    for reason, count in Counter(item.reason for item in refused).most_common():
        typer.echo(f"left out {count}: {reason}", err=True)
    for item in refused[:SHOWN]:
        typer.echo(f"  {item.recording} ({item.license})", err=True)
    if len(refused) > SHOWN:
        typer.echo(f"  … and {len(refused) - SHOWN} more, all in refused.csv", err=True)


def _save(built: Built) -> None:
    tell_refused(built.refused)
    typer.echo(f"{save_built(built)}: {len(built.dataset.clips)} recordings, {len(built.dataset.taxa)} taxa")


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(",") if part]
    if bad := [pair[0] for pair in pairs if len(pair) != 2]:
        raise ValueError(f"{bad[0]!r}: write name=name, joined by commas")
    return {name.strip(): value.strip() for name, value in pairs}


def _give_up(reason: object) -> NoReturn:
    typer.echo(str(reason), err=True)
    raise typer.Exit(2)
