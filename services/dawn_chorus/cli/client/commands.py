"""The options of `chorus submit`, `status` and `timeline`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from dawn_chorus.cli.client.views import (
    follow,
    show_analysis,
    show_health,
    show_recordings,
    show_timeline,
    show_upload,
)
from dawn_chorus.cli.output import print_error, show_json
from dawn_chorus.domain.errors import ChorusError, PermanentError
from dawn_chorus.domain.names import displayed

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import ServiceClient

Url = Annotated[
    str | None, typer.Option(metavar="URL", help="Address of the service; default: CHORUS_URL, or this machine.")
]
Key = Annotated[str | None, typer.Option(metavar="KEY", help="API key; default: CHORUS_KEY.")]
Json = Annotated[bool, typer.Option("--json", help="Print the service's answer as JSON.")]


def submit(  # noqa: PLR0913 - the parameters are the options
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Recordings, or folders with recordings.")],
    *,
    url: Url = None,
    key: Key = None,
    site: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where they were recorded, in your own words.")
    ] = None,
    latitude: Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees north.")] = None,
    longitude: Annotated[float | None, typer.Option(min=-180, max=180, help="Degrees east.")] = None,
    recorded_at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Start of the recording: 2026-05-01T04:30:00+02:00.")
    ] = None,
    pack: Annotated[str | None, typer.Option(metavar="PACK", help="Model pack; default: the service's.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until everything is analyzed.")] = False,
    as_json: Json = False,
) -> None:
    """Upload recordings to a service, which analyzes them.

    Prints the ids of the analyses.
    A recording that is refused, or with --wait not analyzed in full, is reported, and the exit code is 1.
    The others still go through.
    """
    from dawn_chorus.cli.sources import find_sources, report_passed_over

    client = connect(url, key)
    fields = {
        "site": site,
        "latitude": None if latitude is None else str(latitude),
        "longitude": None if longitude is None else str(longitude),
        "recorded_at": recorded_at,
        "pack": pack,
    }
    found = find_sources(paths)
    all_well = report_passed_over(found)
    if not found.sources:
        raise PermanentError(f"no recordings in {', '.join(map(displayed, paths))}")
    answers = []
    for source in found.sources:
        try:
            answers.append(client.upload(source.path, fields))
        except (ChorusError, OSError) as error:
            print_error(f"{source.shown}: {getattr(error, 'strerror', None) or error}")
            all_well = False
        else:
            show_upload(answers[-1], as_json=as_json)
    if wait:
        all_well = follow(client, answers) and all_well
    if as_json:
        show_json(answers)
    if not all_well:
        raise typer.Exit(1)


def status(
    some_id: Annotated[
        UUID | None, typer.Argument(metavar="[ID]", help="An analysis or a recording; default: list the newest.")
    ] = None,
    *,
    url: Url = None,
    key: Key = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many recordings to list.")] = 20,
    as_json: Json = False,
) -> None:
    """Show whether the service is ready and how far its analyses are."""
    client = connect(url, key)
    if some_id is not None:
        show_analysis(client.find_analysis(str(some_id)), as_json=as_json)
        return
    health, recordings = client.health(), client.recordings(limit)
    if as_json:
        show_json({"health": health, "recordings": recordings})
    else:
        show_health(health)
        show_recordings(recordings)
    if health.get("status") != "ready":
        raise typer.Exit(1)


def timeline(
    some_id: Annotated[UUID, typer.Argument(metavar="ID", help="An analysis or a recording.")],
    *,
    taxon: Annotated[
        list[str] | None, typer.Option(help="Only this species: code or scientific name; repeatable.")
    ] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Draw who sang when."""
    client = connect(url, key)
    show_timeline(client, str(some_id), taxon or [], as_json=as_json)


def connect(url: str | None, key: str | None) -> "ServiceClient":
    """Return a client; None takes the value of CHORUS_URL or CHORUS_KEY."""
    from dawn_chorus.cli.client.http_client import ServiceClient
    from dawn_chorus.cli.settings import load_settings

    settings = load_settings()
    return ServiceClient(url or settings.url, key or settings.key)
