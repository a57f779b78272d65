"""The options of `chorus submit`."""

import math
from pathlib import Path
from typing import Annotated

import typer

from dawn_chorus.cli.client.commands import Json, Key, Url, connect
from dawn_chorus.cli.output import print_note
from dawn_chorus.cli.place.options import PlaceOptions
from dawn_chorus.cli.shared_options import (
    EVENTS,
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
from dawn_chorus.cli.submit.options import OCCURRENCE_MIN, AnalysisOptions, SubmitOptions
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.jobs import Lane

SENDING = "How it is sent"


def _seconds(text: str) -> float:
    from dawn_chorus.cli.submit.patience import read_duration

    try:
        return read_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


Waiting = Annotated[
    float,
    typer.Option(
        parser=_seconds,
        metavar="TIME",
        help="How long to wait for a service that is away, each time: 90, 30s, 10min, 1h.",
        rich_help_panel=SENDING,
    ),
]


def submit(  # noqa: PLR0913 - the parameters are the options
    paths: Paths,
    *,
    url: Url = None,
    key: Key = None,
    pack: Annotated[str | None, typer.Option(metavar="PACK", help="Model pack; default: the service's.")] = None,
    priority: Annotated[
        Lane | None,
        typer.Option(help="express goes before bulk, and is for up to ten minutes of sound, where it is the default."),
    ] = None,
    site: Site = None,
    sites: Sites = None,
    latitude: Annotated[
        float | None, typer.Option(min=-90, max=90, help="Degrees north.", rich_help_panel=PLACE)
    ] = None,
    longitude: Longitude = None,
    start: Start = None,
    time_zone: TimeZone = None,
    recorded_at: RecordedAt = None,
    occurrence_min: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help=f"Where the place is known, drop species less likely than this to occur; 0 keeps all; default: "
            f"{OCCURRENCE_MIN}, if the pack can.",
            rich_help_panel=EVENTS,
        ),
    ] = None,
    onset_threshold: OnsetThreshold = None,
    offset_threshold: OffsetThreshold = None,
    min_event_s: MinEventS = None,
    min_gap_s: MinGapS = None,
    channels: ChannelsOption = "mix",
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Uploads at once.", rich_help_panel=SENDING)] = 4,
    patience: Waiting = "1h",  # type: ignore[assignment] # read by the parser, and shown so in the help
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a CSV file, anew, with a row for each file.", rich_help_panel=SENDING),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until everything is analyzed.")] = False,
    as_json: Json = False,
) -> None:
    """Upload recordings to a service, which analyzes them.

    Prints the ids of the analyses. What the service has already is not sent again, so the same command goes on where it
    was stopped. A service that is away is waited for.

    A recording that is refused, or with --wait not analyzed in full, is reported, and the exit code is 1.
    The others still go through.

    [bold]chorus submit --site north-marsh --report card.csv /media/card[/bold] sends all of a card.
    """
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.cli.submit.run import run_submission

    _check(latitude, longitude, onset_threshold, offset_threshold)
    analysis = AnalysisOptions(
        pack=pack,
        priority=priority,
        onset_threshold=onset_threshold,
        offset_threshold=offset_threshold,
        min_event_s=min_event_s,
        min_gap_s=min_gap_s,
        channels=channels,  # type: ignore[arg-type] # typer parsed it
        occurrence_min=occurrence_min,
    )
    options = SubmitOptions(
        paths=tuple(paths),
        state_dir=load_settings().state_dir,
        analysis=analysis,
        place=PlaceOptions(site, latitude, longitude, recorded_at, start, time_zone),
        sites=sites,
        jobs=jobs,
        patience_s=patience,
        report=report,
        wait=wait,
        as_json=as_json,
    )
    try:
        code = run_submission(connect(url, key), options)
    except KeyboardInterrupt:
        print_note("stopped before anything was sent")
        raise typer.Exit(130) from None
    if code:
        raise typer.Exit(code)


def _check(
    latitude: float | None, longitude: float | None, onset_threshold: float | None, offset_threshold: float | None
) -> None:
    """Raise PermanentError for options that no file could pass with."""
    if any(value is not None and not math.isfinite(value) for value in (latitude, longitude)):
        raise PermanentError("--latitude and --longitude are degrees, like 59.1 and 17.7")
    if onset_threshold is not None and offset_threshold is not None and offset_threshold > onset_threshold:
        raise PermanentError("--offset-threshold must not be above --onset-threshold: lower the one or raise the other")
