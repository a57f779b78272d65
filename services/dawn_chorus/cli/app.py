"""The commands and their order in `chorus --help`. Their modules import heavy packages only when they run."""

from importlib.metadata import version
from typing import Annotated

import typer

from dawn_chorus.cli.analyze.command import analyze
from dawn_chorus.cli.client.commands import status, timeline
from dawn_chorus.cli.doctor.command import doctor
from dawn_chorus.cli.export.command import export
from dawn_chorus.cli.models import commands as models
from dawn_chorus.cli.operations import dead_letters, keys, serve
from dawn_chorus.cli.operations.retention.command import retention
from dawn_chorus.cli.submit.command import submit
from dawn_chorus.cli.up.command import up

app = typer.Typer(
    help="Who sang when: from field recordings to a timeline for every species.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(requested: bool) -> None:
    if requested:
        typer.echo(f"dawn-chorus {version('dawn-chorus')}")
        raise typer.Exit


@app.callback()
def chorus(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Who sang when: from field recordings to a timeline for every species."""


app.command("analyze", rich_help_panel="On this machine")(analyze)
app.command("up", rich_help_panel="On this machine")(up)
app.add_typer(models.app, name="models", rich_help_panel="On this machine")
app.command("doctor", rich_help_panel="On this machine")(doctor)
app.command("submit", rich_help_panel="With a running service")(submit)
app.command("status", rich_help_panel="With a running service")(status)
app.command("timeline", rich_help_panel="With a running service")(timeline)
app.command("export", rich_help_panel="With a running service")(export)
app.command("api", rich_help_panel="Running a service")(serve.api)
app.command("relay", rich_help_panel="Running a service")(serve.relay)
app.command("worker", rich_help_panel="Running a service")(serve.worker)
app.command("migrate", rich_help_panel="Running a service")(serve.migrate)
app.add_typer(keys.app, name="keys", rich_help_panel="Running a service")
app.add_typer(dead_letters.app, name="dead-letters", rich_help_panel="Running a service")
app.command("retention", rich_help_panel="Running a service")(retention)
