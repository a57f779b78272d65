"""The command that fetches recordings from an archive."""

from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.workshop.commands.manifest import AllowNd, DealingSeed, FoldCount, tell_refused
from models.workshop.commands.options import TaxaTable, example
from models.workshop.data.license_terms import Terms
from models.workshop.data.manifest import load_taxa
from models.workshop.data.recordings import DatasetOptions
from models.workshop.data.xeno_canto.api import XenoCanto
from models.workshop.data.xeno_canto.fetch import fetch_recordings
from models.workshop.data.xeno_canto.rate_limit import PoliteTransport
from models.workshop.errors import BadInput
from models.workshop.settings import XenoCantoSettings


def register(app: typer.Typer) -> None:
    app.command(
        "fetch-xeno-canto",
        epilog=example("fetch-xeno-canto 'grp:frogs q:A' 'sp:\"larus fuscus\"' --out archive"),
    )(fetch_xeno_canto)


def fetch_xeno_canto(
    queries: Annotated[
        list[str], typer.Argument(metavar="QUERY…", help="Tags, as xeno-canto.org/help/search explains them.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FOLDER", help="Where to write; what is there is not fetched again.", file_okay=False
        ),
    ],
    *,
    folds: FoldCount = 5,
    seed: DealingSeed = 0,
    taxa: TaxaTable = None,
    allow_nd: AllowNd = False,
) -> None:
    """Fetch recordings from Xeno-canto, with a manifest.

    Needs the key of your account in the environment, XENO_CANTO_KEY. Asks once a second at most, leaves out recordings
    whose license forbids derivatives, and writes down whom to credit: audio/attribution.csv.
    """
    settings = XenoCantoSettings()
    if settings.key is None or not settings.key.get_secret_value():
        raise BadInput("XENO_CANTO_KEY is not set: every account has a key, see https://xeno-canto.org/account")
    options = DatasetOptions(folds, seed, Terms(allow_nd), load_taxa(taxa) if taxa else ())
    transport = PoliteTransport(httpx.URL(settings.url), settings.key.get_secret_value())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with XenoCanto(transport) as archive, Progress(*columns, console=Console(stderr=True)) as progress:
        fetched = fetch_recordings(archive, queries, out, options, progress)
    tell_refused(fetched.refused)
    for message in fetched.broken:
        typer.echo(message, err=True)
    typer.echo(f"{fetched.manifest}: {fetched.n_clips} recordings, {fetched.n_new} of them new")
    if fetched.broken:
        raise typer.Exit(1)
