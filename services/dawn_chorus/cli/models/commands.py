"""The commands of `chorus models`, in the order of `chorus models --help`."""

import typer

from dawn_chorus.cli.models.importing import import_network
from dawn_chorus.cli.models.inspecting import inspect
from dawn_chorus.cli.models.installing import install
from dawn_chorus.cli.models.listing import list_packs
from dawn_chorus.cli.models.sealing import seal
from dawn_chorus.cli.models.verifying import verify

app = typer.Typer(help="Model packs: list, inspect, import, seal, install, verify.", no_args_is_help=True)

app.command("list")(list_packs)
app.command("inspect")(inspect)
app.command("import")(import_network)
app.command("seal")(seal)
app.command("install")(install)
app.command("verify")(verify)
