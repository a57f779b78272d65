"""`chorus models seal`: the self-test and the table [files] of a pack, after an edit."""

from pathlib import Path
from typing import Annotated

import typer

from dawn_chorus.cli.output import print_note, print_warning


def seal(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a pack, not only its name.")],
) -> None:
    """Write the self-test and the list of files of a pack anew, after you have edited pack.toml or a table.

    The pack is checked and tried first; if it cannot run, nothing changes. golden.npz keeps its sound, and has a
    synthetic dawn chorus where there was none; pack.toml lists the sha256 of every file in the folder.

    Packs of one name and version are the same everywhere: raise version in pack.toml after a change, or install
    refuses the pack where the older one is. The version may be changed after sealing.
    """
    from dawn_chorus.cli.models.pack_sealing import seal_folder

    sealed = seal_folder(folder)
    verified = sealed.verified
    for warning in verified.warnings:
        print_warning(f"{verified.name}: {warning}")
    for name in sealed.unused:
        print_warning(f"{verified.name}: {name} is in the folder, but no [[member]] names it: it is not used")
    changes = "; ".join(sealed.changes) or "nothing to change"
    print_note(f"sealed {verified.name} {verified.version} in {folder}: {changes}; {verified.result}")
    # What else was edited in pack.toml nobody knows, so this is said even if there was nothing to change.
    print_note(
        f"if another {verified.version} was installed or given away, raise version in pack.toml before you install"
    )
