"""`chorus analyze`: recordings to detections on this machine, with no service."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dawn_chorus.domain.exports import ExportFormat

EVENTS, OCCURRENCE, MACHINE = "What counts as a detection", "What can occur there and then", "Machine"


def analyze(  # noqa: PLR0913 - the parameters are the options
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Recordings, or folders to search for them.")],
    *,
    pack: Annotated[
        str | None, typer.Option(metavar="PACK", help="An installed model pack, or the folder of one.")
    ] = None,
    export_format: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="json also holds the scores of every window.")
    ] = ExportFormat.JSON,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write a file for each recording into this folder."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="With --out: pass over recordings whose result is there.")
    ] = False,
    min_score: Annotated[
        float, typer.Option(min=0, max=1, help="In json, leave out lower window scores; 0 gives all.")
    ] = 0.05,
    onset_threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Begins at this score; default: the pack's.", rich_help_panel=EVENTS),
    ] = None,
    offset_threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Ends below this score; default: the pack's.", rich_help_panel=EVENTS),
    ] = None,
    min_event_s: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Drop shorter ones.", rich_help_panel=EVENTS)
    ] = None,
    min_gap_s: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Join those closer.", rich_help_panel=EVENTS)
    ] = None,
    latitude: Annotated[
        float | None,
        typer.Option(min=-90, max=90, help="With packs that know, drop what is absent.", rich_help_panel=OCCURRENCE),
    ] = None,
    longitude: Annotated[
        float | None, typer.Option(min=-180, max=180, help="Degrees east.", rich_help_panel=OCCURRENCE)
    ] = None,
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of the recordings.", rich_help_panel=OCCURRENCE),
    ] = None,
    occurrence_min: Annotated[
        float, typer.Option(min=0, max=1, help="Least probability to be kept.", rich_help_panel=OCCURRENCE)
    ] = 0.03,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Segments analyzed at once; default: one a core.", rich_help_panel=MACHINE),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu or cuda; never one instead of the other.", rich_help_panel=MACHINE)
    ] = None,
) -> None:
    """Find who sang when in recordings, with no service.

    A recording that fails is reported and the others go on; the exit code is then 1.

    [bold]chorus analyze dawn.flac[/bold] prints one JSON document.

    [bold]chorus analyze -f raven -o tables recordings/[/bold] writes a selection table for each recording.
    """
    from dawn_chorus.cli.analyze.run import Batch, run_batch
    from dawn_chorus.domain.recording import Place

    changes = {
        "onset_threshold": onset_threshold,
        "offset_threshold": offset_threshold,
        "min_event_s": min_event_s,
        "min_gap_s": min_gap_s,
    }
    batch = Batch(
        paths=tuple(paths),
        pack=pack,
        export_format=export_format,
        out=out,
        resume=resume,
        min_score=min_score,
        rule={name: value for name, value in changes.items() if value is not None},
        place=Place(latitude=latitude, longitude=longitude, recorded_at=date),
        occurrence_min=occurrence_min,
        workers=workers,
        device=device,
    )
    if not run_batch(batch):
        raise typer.Exit(1)
