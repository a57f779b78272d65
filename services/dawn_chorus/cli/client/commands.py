"""The options of `chorus status` and `timeline`, and those that all commands share that use a running service."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from dawn_chorus.cli.client.views import show_analysis, show_health, show_recordings, show_timeline
from dawn_chorus.cli.output import show_json

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import ServiceClient

Url = Annotated[
    str | None, typer.Option(metavar="URL", help="Address of the service; default: CHORUS_URL, or this machine.")
]
Key = Annotated[str | None, typer.Option(metavar="KEY", help="API key; default: CHORUS_KEY.")]
Json = Annotated[bool, typer.Option("--json", help="Print the service's answer as JSON.")]


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
        show_analysis(client, str(some_id), as_json=as_json)
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
    # A variable that is set to nothing is not set; an option that is, is a mistake.
    return ServiceClient(settings.url if url is None else url, settings.key or None if key is None else key)
