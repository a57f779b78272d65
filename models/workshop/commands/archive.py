"""The command that downloads recordings from Xeno-canto."""

from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.workshop.commands.manifest import AllowNd, FoldCount, FoldSeed, print_refused
from models.workshop.commands.options import TaxaTable, example
from models.workshop.data.license_terms import Terms
from models.workshop.data.manifest import load_taxa
from models.workshop.data.recordings import DatasetOptions
from models.workshop.data.xeno_canto.api import XenoCanto
from models.workshop.data.xeno_canto.fetch import fetch_recordings
from models.workshop.data.xeno_canto.rate_limit import RateLimitedTransport
from models.workshop.errors import BadInput
from models.workshop.settings import XenoCantoSettings


def register(app: typer.Typer) -> None:
    app.command(
        "fetch-xeno-canto",
        epilog=example("fetch-xeno-canto 'grp:frogs q:A' 'sp:\"larus fuscus\"' --out archive"),
    )(fetch_xeno_canto)


def fetch_xeno_canto(
    queries: Annotated[
        list[str], typer.Argument(metavar="QUERY…", help="Search tags, see xeno-canto.org/help/search.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FOLDER", help="Output folder; existing files are not fetched again.", file_okay=False
        ),
    ],
    *,
    folds: FoldCount = 5,
    seed: FoldSeed = 0,
    taxa: TaxaTable = None,
    allow_nd: AllowNd = False,
) -> None:
    """Fetch recordings from Xeno-canto and write a manifest.

    Needs your account's key in the environment variable XENO_CANTO_KEY. Sends at most one request a second, leaves out
    recordings whose license forbids derivatives, and writes the recordists to credit to audio/attribution.csv.
    """
    settings = XenoCantoSettings()
    if settings.key is None or not settings.key.get_secret_value():
        raise BadInput("XENO_CANTO_KEY is not set: every account has a key, see https://xeno-canto.org/account")
    options = DatasetOptions(folds, seed, Terms(allow_nd), load_taxa(taxa) if taxa else ())
    transport = RateLimitedTransport(httpx.URL(settings.url), settings.key.get_secret_value())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with XenoCanto(transport) as archive, Progress(*columns, console=Console(stderr=True)) as progress:
        fetched = fetch_recordings(archive, queries, out, options, progress)
    print_refused(fetched.refused)
    for message in fetched.broken:
        typer.echo(message, err=True)
    typer.echo(f"{fetched.manifest}: {fetched.n_clips} recordings, {fetched.n_new} of them new")
    if fetched.broken:
        raise typer.Exit(1)
