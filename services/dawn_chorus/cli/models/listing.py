"""`chorus models list`: the packs that are installed, and which of them are broken."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dawn_chorus.cli.output import faults_of, print_note, show_json, show_table
from dawn_chorus.domain.errors import ChorusError


def list_packs(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the installed packs. The exit code is 1 if one of them is broken."""
    from dawn_chorus.cli.install_hint import how_to_install
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.inference.packs.pack import installed_packs

    settings = load_settings()
    entries = [_entry(name, folder) for name, folder in installed_packs(settings.packs_path).items()]
    if as_json:
        show_json([entry | {"is_default": entry["name"] == settings.default_pack} for entry in entries])
    elif entries:
        rows = [row for entry in entries for row in _rows(entry)]
        show_table(("pack", "version", "taxa", "window", "license", ""), rows)
    else:
        print_note(f"no packs in {settings.packs_path}; install one with {how_to_install('birdnet')}")
    if any(entry["broken"] for entry in entries):
        raise typer.Exit(1)


def _entry(name: str, folder: Path) -> dict[str, Any]:
    from dawn_chorus.inference.packs.pack import check_pack

    entry: dict[str, Any] = {"name": name, "folder": str(folder), "broken": None, "faults": []}
    try:
        pack = check_pack(folder)
    except ChorusError as error:
        return entry | {"broken": str(error), "faults": list(faults_of(error))}
    manifest = pack.manifest
    return entry | {
        "version": manifest.version,
        "license": manifest.license,
        "taxa_total": len(pack.taxa),
        "window_s": manifest.score.window_s,
    }


def _rows(entry: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the rows of an entry: one, or one for each fault of a broken pack."""
    if entry["broken"]:
        first, *others = entry["faults"]
        return [(entry["name"], "", "", "", "", f"broken: {first}"), *(("",) * 5 + (fault,) for fault in others)]
    taxa, window = str(entry["taxa_total"]), f"{entry['window_s']:g} s"
    return [(entry["name"], entry["version"], taxa, window, entry["license"], "")]
