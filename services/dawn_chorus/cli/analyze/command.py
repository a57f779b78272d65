"""The options of `chorus analyze`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dawn_chorus.domain.analysis import Channels
from dawn_chorus.domain.clock.start import StartFrom
from dawn_chorus.domain.exports import ExportFormat

EVENTS, OCCURRENCE, MACHINE = "What counts as a detection", "Where and when it was recorded", "This computer"


def parse_channels(text: str) -> Channels:
    """Return the setting that `--channels` names."""
    match text:
        case "mix" | "each":
            return text
        case _ if text.isascii() and text.isdecimal() and int(text) > 0:
            return int(text)
    raise typer.BadParameter(f"{text!r} is neither mix, nor each, nor the number of a channel, from 1")


def analyze(  # noqa: PLR0913 - the parameters are the options
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", readable=False, help="Recordings, or folders with recordings.")
    ],
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
    onset_threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Start a detection at this score; default: the pack's.", rich_help_panel=EVENTS
        ),
    ] = None,
    offset_threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="End a detection below this score; default: the pack's.", rich_help_panel=EVENTS
        ),
    ] = None,
    min_event_s: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="Drop detections shorter than this.", rich_help_panel=EVENTS),
    ] = None,
    min_gap_s: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="SECONDS", help="Join detections closer together than this.", rich_help_panel=EVENTS
        ),
    ] = None,
    site: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Where they were recorded, in your own words.", rich_help_panel=OCCURRENCE),
    ] = None,
    sites: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="A table with a row for each folder: folder, site, latitude, longitude, time_zone.",
            rich_help_panel=OCCURRENCE,
        ),
    ] = None,
    latitude: Annotated[
        float | None,
        typer.Option(
            min=-90, max=90, help="Degrees north; drops absent species, if the pack can.", rich_help_panel=OCCURRENCE
        ),
    ] = None,
    longitude: Annotated[
        float | None, typer.Option(min=-180, max=180, help="Degrees east.", rich_help_panel=OCCURRENCE)
    ] = None,
    start: Annotated[
        StartFrom | None,
        typer.Option(
            help="file (the default): each file's header or name says when it starts; none: nothing does.",
            rich_help_panel=OCCURRENCE,
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="Of clocks that do not say their own: Europe/Amsterdam, or +02:00.",
            rich_help_panel=OCCURRENCE,
        ),
    ] = None,
    recorded_at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Start of the one recording: 2026-05-01T04:30:00+02:00.", rich_help_panel=OCCURRENCE
        ),
    ] = None,
    date: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Day to look species up for, in place of each recording's own.",
            rich_help_panel=OCCURRENCE,
        ),
    ] = None,
    occurrence_min: Annotated[
        float,
        typer.Option(min=0, max=1, help="Drop species less likely than this to occur.", rich_help_panel=OCCURRENCE),
    ] = 0.03,
    channels: Annotated[
        str,
        typer.Option(
            metavar="mix|each|N",
            parser=parse_channels,
            help="mix: the mean of all channels; each: score every channel, keep the highest; or one channel, from 1.",
        ),
    ] = "mix",
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
