"""`chorus models verify`: the self-tests of packs, on this machine."""

from typing import Annotated

import typer

from dawn_chorus.cli.output import print_faults, print_warning
from dawn_chorus.domain.errors import ChorusError


def verify(
    packs: Annotated[list[str], typer.Argument(metavar="PACK…", help="Names of installed packs, or folders of packs.")],
    *,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; there is no fallback.")] = None,
) -> None:
    """Check the files and networks of packs, and repeat their self-test on this machine.

    Outputs that look like probabilities where pack.toml says otherwise are warned of.
    """
    from dawn_chorus.cli.installed_packs import find_pack
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.inference.verification import verify_apart

    all_well, settings = True, load_settings(device=device)
    for name in packs:
        try:
            verified = verify_apart(find_pack(name, settings), settings.device)
        except ChorusError as error:
            print_faults(error, f"{name}: ")
            all_well = False
        else:
            for warning in verified.warnings:
                print_warning(f"{name}: {warning}")
            typer.echo(f"{name}: {verified.result}")
    if not all_well:
        raise typer.Exit(1)
