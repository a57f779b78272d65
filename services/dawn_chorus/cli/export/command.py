"""The options of `chorus export`."""

import math
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from dawn_chorus.cli.client.commands import Json, Key, Url, connect
from dawn_chorus.cli.export.options import CLIPS, CSV, ExportedFormat, ExportOptions
from dawn_chorus.cli.submit.command import Waiting
from dawn_chorus.domain.errors import PermanentError

WHICH, SOUND = "Which detections", "Clips"


def export(  # noqa: PLR0913 - the parameters are the options
    *,
    url: Url = None,
    key: Key = None,
    format_: Annotated[
        ExportedFormat,
        typer.Option("--format", help="clips: a zip with the sound of each detection; reviews: what people said."),
    ] = CSV,
    taxon: Annotated[list[str] | None, typer.Option(help="Code or name; repeatable.", rich_help_panel=WHICH)] = None,
    class_: Annotated[
        list[str] | None, typer.Option("--class", help="Taxonomic class, like Aves; repeatable.", rich_help_panel=WHICH)
    ] = None,
    site: Annotated[str | None, typer.Option(help="Of this site.", rich_help_panel=WHICH)] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="At or after 2026-05-03T04:30:00+02:00.", rich_help_panel=WHICH),
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="TIME", help="Before this.", rich_help_panel=WHICH)] = None,
    min_confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="At least so sure.", rich_help_panel=WHICH)
    ] = None,
    reviewed: Annotated[
        str | None,
        typer.Option(
            help="confirmed, rejected, uncertain, identified (confirmed or corrected), any or none.",
            rich_help_panel=WHICH,
        ),
    ] = None,
    voices: Annotated[str | None, typer.Option(help="hide: without human voices.", rich_help_panel=WHICH)] = None,
    thresholds: Annotated[
        str | None, typer.Option(help="saved: by the thresholds saved for taxa and sites.", rich_help_panel=WHICH)
    ] = None,
    pack: Annotated[
        str | None,
        typer.Option(metavar="PACK", help="Of this model pack, or any; default: the service's.", rich_help_panel=WHICH),
    ] = None,
    bom: Annotated[bool, typer.Option("--bom", help="Begin CSV so that Excel knows it is UTF-8.")] = False,
    before_s: Annotated[
        float | None, typer.Option(min=0, max=30, help="Sound before each event; default: 1.", rich_help_panel=SOUND)
    ] = None,
    after_s: Annotated[
        float | None, typer.Option(min=0, max=30, help="Sound after it; default: 1.", rich_help_panel=SOUND)
    ] = None,
    clip_format: Annotated[
        str | None, typer.Option(help="flac, wav, opus or mp3; default: flac.", rich_help_panel=SOUND)
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=1, help="So many of the latest at most.", rich_help_panel=SOUND)
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE|DIR", help="The file, or a folder for it; - is stdout.")] = Path(),
    some_id: Annotated[
        UUID | None, typer.Option("--id", metavar="ID", help="Go on with an export that was asked for before.")
    ] = None,
    patience: Waiting = "10min",  # type: ignore[assignment] # read by the parser, and shown so in the help
    as_json: Json = False,
) -> None:
    """Save detections, their sound, or reviews, from a service.

    Prints the name of the file, which is there whole or not at all. Clips are made by the service in the background:
    after Ctrl-C the same export goes on with --id.

    [bold]chorus export --format clips --taxon "Erithacus rubecula" --min-confidence 0.8[/bold]
    """
    from dawn_chorus.cli.export.run import run_export

    if min_confidence is not None and not math.isfinite(min_confidence):
        raise PermanentError("--min-confidence is a number from 0 to 1")
    clips = _given(before_s=before_s, after_s=after_s, format=clip_format, most=most)
    if clips and format_ != CLIPS:
        raise PermanentError("--before-s, --after-s, --clip-format and --most are for --format clips")
    filters = _given(
        taxon=taxon or None,
        site=site,
        to=to,
        min_confidence=min_confidence,
        reviewed=reviewed,
        voices=voices,
        thresholds=thresholds,
        pack=pack,
        bom=bom or None,
        **{"class": class_ or None, "from": from_},
    )
    if some_id is not None and (filters or clips):
        raise PermanentError("--id goes on with an export as it was asked for: leave out what it was asked for")
    client = connect(url, key)
    options = ExportOptions(
        format=format_,
        filters=filters,
        clips=clips,
        out=out,
        export_id=None if some_id is None else str(some_id),
        url=None if url is None else client.url,
        patience_s=patience,
        as_json=as_json,
    )
    run_export(client, options)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
