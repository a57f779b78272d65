"""The commands, listed in the order of use; heavy modules are imported only when a command runs."""

from typing import Any

import typer
from typer.core import TyperGroup

from models.workshop.commands import archive, manifest, packs, scoring, studies, training
from models.workshop.commands.options import example

SECTIONS = {
    "Get recordings": ("manifest", "fetch-xeno-canto", "synthesize"),
    "Train": ("train", "pseudo-label", "rounds"),
    "Measure and ship": ("evaluate", "score-events", "export"),
    "Repeat what models/README.md reports": (
        "ablation",
        "real-recordings",
        "embedding-study",
        "mix-scenes",
        "synthetic-pack",
        "random-pack",
    ),
}


class _Sections(TyperGroup):
    """Lists the commands by purpose."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 — the base class's signature
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(70)) for name in names])


app = typer.Typer(
    cls=_Sections,
    help="Train networks on recordings and export them as model packs.",
    epilog=example(
        "synthesize --out world",
        "rounds models/workshop/recipes/small.toml world/manifest.csv \\\n      --out runs/small",
        "evaluate runs/small/round-2/pack world/manifest.csv",
        title="First steps, with generated recordings",
        closing="See models/README.md for more; `COMMAND --help` shows an example of each command.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for module in (manifest, archive, training, packs, scoring, studies):
    module.register(app)
