"""The commands, in the order in which they are used; their modules import what is heavy only when they run."""

from typing import Any

import typer
from typer.core import TyperGroup

from models.workshop.commands import archive, manifest, packs, studies, training
from models.workshop.commands.options import example

SECTIONS = {
    "Get recordings": ("manifest", "fetch-xeno-canto", "synthesize"),
    "Train": ("train", "pseudo-label", "rounds"),
    "Measure and ship": ("evaluate", "export"),
    "Repeat what models/README.md reports": ("ablation", "real-recordings", "synthetic-pack", "random-pack"),
}


class _Sections(TyperGroup):
    """Lists the commands by what they are for."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 — as it is called
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(70)) for name in names])


app = typer.Typer(
    cls=_Sections,
    help="Make model packs out of recordings: manifest in, trained ensemble out.",
    epilog=example(
        "synthesize --out world",
        "rounds models/workshop/recipes/small.toml world/manifest.csv \\\n      --out runs/small",
        "evaluate runs/small/round-2/pack world/manifest.csv",
        title="First steps, with recordings that need no download",
        closing="models/README.md tells the rest; `COMMAND --help` has an example each.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for module in (manifest, archive, training, packs, studies):
    module.register(app)
