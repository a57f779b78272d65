"""The options of `chorus up`."""

from pathlib import Path
from typing import Annotated

import typer


def up(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on; other machines need an API key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8000,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for all data; default: CHORUS_DATA_DIR, or ~/.local/share/dawn-chorus."
        ),
    ] = None,
    pack: Annotated[str | None, typer.Option(metavar="PACK", help="Model pack for uploads that name none.")] = None,
    status_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", min=0, max=65535, help="Serve metrics for Prometheus on this port too; default: none."
        ),
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; there is no fallback.")] = None,
    first: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Analyze this recording at once and draw its timeline.")
    ] = None,
    recorded_at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Start of that recording: 2026-05-01T04:30:00+02:00.")
    ] = None,
) -> None:
    """Run the whole service on this computer until Ctrl-C: PostgreSQL, the API and a worker.

    An upload is safe as soon as it is answered.
    If the service is stopped or killed, it resumes unfinished work when it is started again with the same data folder.
    """
    from dawn_chorus.cli.installed_packs import require_installed
    from dawn_chorus.cli.output import print_note
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.cli.up.embedded import EmbeddedOptions, run_embedded
    from dawn_chorus.cli.up.first_job import FirstJob

    settings = load_settings(data_dir=data_dir, default_pack=pack, device=device, status_port=status_port)
    folder = require_installed(settings.default_pack, settings)
    print_note(f"the pack {settings.default_pack} is that in {folder}")
    job = None if first is None else FirstJob(first, recorded_at)
    if not run_embedded(EmbeddedOptions(host, port, settings, job)):
        raise typer.Exit(1)
