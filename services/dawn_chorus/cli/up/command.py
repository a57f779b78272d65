"""`chorus up`: the whole service on this machine, with nothing else to install."""

from pathlib import Path
from typing import Annotated

import typer


def up(
    *,
    host: Annotated[
        str, typer.Option(help="Address to listen on; beyond this machine keys are required.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    data_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where all is kept; default: CHORUS_DATA_DIR, or ~/.local/share/dawn-chorus."),
    ] = None,
    pack: Annotated[
        str | None, typer.Option(metavar="PACK", help="The model pack taken where an upload names none.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; never one instead of the other.")] = None,
    first: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Analyze this recording as a first job and draw its timeline.")
    ] = None,
    recorded_at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When that recording starts, with offset from UTC.")
    ] = None,
) -> None:
    """Run the whole service here: PostgreSQL, the API and a worker in one go, until Ctrl-C.

    What was uploaded is safe once it is answered: stopped or killed, the service takes up unfinished work when it
    starts again on the same data.
    """
    from dawn_chorus.cli.installed_packs import require_installed
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.cli.up.embedded import EmbeddedOptions, run_embedded
    from dawn_chorus.cli.up.first_job import FirstJob

    settings = load_settings(data_dir=data_dir, default_pack=pack, device=device)
    require_installed(settings.default_pack, settings)
    job = None if first is None else FirstJob(first, recorded_at)
    if not run_embedded(EmbeddedOptions(host, port, settings, job)):
        raise typer.Exit(1)
