"""The options of `chorus analyze`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dawn_chorus.cli.shared_options import (
    PLACE,
    ChannelsOption,
    Longitude,
    MinEventS,
    MinGapS,
    OffsetThreshold,
    OnsetThreshold,
    Paths,
    RecordedAt,
    Site,
    Sites,
    Start,
    TimeZone,
)
from dawn_chorus.domain.exports.formats import ExportFormat

MACHINE = "This computer"


def analyze(  # noqa: PLR0913 - the parameters are the options
    paths: Paths,
    *,
    pack: Annotated[
        str | None, typer.Option(metavar="PACK", help="Model pack: the name of an installed one, or a folder.")
    ] = None,
    export_format: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="json also holds the scores of every window.")
    ] = ExportFormat.JSON,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write one file per recording into this folder."),
    ] = None,
    bom: Annotated[
        bool, typer.Option("--bom", help="Begin csv and birdnet with a byte order mark, for Excel.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="With --out: skip recordings whose result is whole and made in the same way."),
    ] = False,
    min_score: Annotated[
        float, typer.Option(min=0, max=1, help="In json, leave out window scores below this; 0 keeps all.")
    ] = 0.05,
    onset_threshold: OnsetThreshold = None,
    offset_threshold: OffsetThreshold = None,
    min_event_s: MinEventS = None,
    min_gap_s: MinGapS = None,
    site: Site = None,
    sites: Sites = None,
    latitude: Annotated[
        float | None,
        typer.Option(
            min=-90, max=90, help="Degrees north; drops absent species, if the pack can.", rich_help_panel=PLACE
        ),
    ] = None,
    longitude: Longitude = None,
    start: Start = None,
    time_zone: TimeZone = None,
    recorded_at: RecordedAt = None,
    date: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Day to look species up for, in place of each recording's own.",
            rich_help_panel=PLACE,
        ),
    ] = None,
    occurrence_min: Annotated[
        float,
        typer.Option(min=0, max=1, help="Drop species less likely than this to occur.", rich_help_panel=PLACE),
    ] = 0.03,
    channels: ChannelsOption = "mix",
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Segments analyzed at once; default: one per core that may be used.", rich_help_panel=MACHINE
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu or cuda; there is no fallback.", rich_help_panel=MACHINE)
    ] = None,
) -> None:
    """Find who sang when in recordings, without a service.

    If a recording fails, it is reported, the others are still analyzed, and the exit code is 1.

    [bold]chorus analyze dawn.flac[/bold] prints one JSON document.

    [bold]chorus analyze -f raven -o tables recordings/[/bold] writes a selection table for each recording.
    """
    from dawn_chorus.cli.analyze.batch import Batch
    from dawn_chorus.cli.analyze.run import run_batch
    from dawn_chorus.cli.place.options import PlaceOptions

    overrides = {
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
        bom=bom,
        min_score=min_score,
        rule_overrides={name: value for name, value in overrides.items() if value is not None},
        place=PlaceOptions(site, latitude, longitude, recorded_at, start, time_zone),
        sites=sites,
        date=date,
        occurrence_min=occurrence_min,
        workers=workers,
        device=device,
        channels=channels,  # type: ignore[arg-type] # typer parsed it
    )
    if not run_batch(batch):
        raise typer.Exit(1)
