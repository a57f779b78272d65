"""Options that `analyze` and `submit` share: the same words for the same question."""

from pathlib import Path
from typing import Annotated

import typer

from dawn_chorus.domain.analysis import Channels
from dawn_chorus.domain.clock.start import StartFrom

EVENTS, PLACE = "What counts as a detection", "Where and when it was recorded"


def parse_channels(text: str) -> Channels:
    """Return the setting that `--channels` names."""
    match text:
        case "mix" | "each":
            return text
        case _ if text.isascii() and text.isdecimal() and int(text) > 0:
            return int(text)
    raise typer.BadParameter(f"{text!r} is neither mix, nor each, nor the number of a channel, from 1")


OnsetThreshold = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Start a detection at this score; default: the pack's.", rich_help_panel=EVENTS),
]
OffsetThreshold = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="End a detection below this score; default: the pack's.", rich_help_panel=EVENTS),
]
MinEventS = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="Drop detections shorter than this.", rich_help_panel=EVENTS),
]
MinGapS = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="Join detections closer together than this.", rich_help_panel=EVENTS),
]
Site = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Where they were recorded, in your own words.", rich_help_panel=PLACE),
]
Sites = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV",
        help="A table with a row for each folder: folder, site, latitude, longitude, time_zone.",
        rich_help_panel=PLACE,
    ),
]
Longitude = Annotated[float | None, typer.Option(min=-180, max=180, help="Degrees east.", rich_help_panel=PLACE)]
Start = Annotated[
    StartFrom | None,
    typer.Option(
        help="file (the default): each file's header or name says when it starts; none: nothing does.",
        rich_help_panel=PLACE,
    ),
]
TimeZone = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE",
        help="Of clocks that do not say their own: Europe/Amsterdam, or +02:00.",
        rich_help_panel=PLACE,
    ),
]
RecordedAt = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Start of the one recording: 2026-05-01T04:30:00+02:00.", rich_help_panel=PLACE),
]
ChannelsOption = Annotated[
    str,
    typer.Option(
        metavar="mix|each|N",
        parser=parse_channels,
        help="mix: the mean of all channels; each: score every channel, keep the highest; or one channel, from 1.",
    ),
]
Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH…", readable=False, help="Recordings, or folders with recordings.")
]
