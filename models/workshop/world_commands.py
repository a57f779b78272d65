"""The commands of the synthetic world: to make one, the pack `synthetic`, and the story of what each trick brings."""

from pathlib import Path
from typing import Annotated

import typer

from models.workshop.commands import Seed, Threads


def register(app: typer.Typer) -> None:
    app.command()(synthesize)
    app.command("synthetic-pack")(synthetic_pack)
    app.command()(story)


def synthesize(
    out: Annotated[Path, typer.Option("--out", help="Folder for audio, manifest.csv, taxa.csv and events.csv.")],
    *,
    seed: Seed = 0,
    soundscapes: Annotated[int, typer.Option(help="Unlabeled soundscapes of a minute.")] = 40,
) -> None:
    """Make a synthetic world: recordings with known voices, onsets and offsets."""
    from models.workshop.synthetic.world import WorldSize, make_world

    typer.echo(make_world(out, seed=seed, size=WorldSize(soundscapes=soundscapes)))


def synthetic_pack(
    out: Annotated[Path, typer.Option("--out", help="Folder of the pack.")],
    *,
    work: Annotated[Path, typer.Option(help="Folder for world and checkpoints; a killed run goes on there.")],
    threads: Threads = 1,
) -> None:
    """Make the pack `synthetic` anew, and measure it on held-out soundscapes."""
    import torch

    from models.workshop.synthetic.pack import build_synthetic_pack

    torch.set_num_threads(threads)
    typer.echo(build_synthetic_pack(work, out))


def story(
    work: Annotated[Path, typer.Option(help="Folder for worlds, checkpoints and packs; a killed run goes on there.")],
    *,
    seeds: Annotated[str, typer.Option(help="Joined by commas; the table gives mean and spread.")] = "0,1,2",
    threads: Threads = 1,
) -> None:
    """Tell both winners' stories in the synthetic world, and print the table of what each trick brings."""
    import torch

    from models.workshop.story import tell_story

    torch.set_num_threads(threads)
    typer.echo(tell_story(work, [int(seed) for seed in seeds.split(",")]))
