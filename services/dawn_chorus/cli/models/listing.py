"""`chorus models list`: the packs that are installed, and which of them are broken."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dawn_chorus.cli.output import print_note, show_json, show_table
from dawn_chorus.domain.errors import ChorusError


def list_packs(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the installed packs. The exit code is 1 if one of them is broken."""
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.inference.packs.pack import installed_packs

    settings = load_settings()
    entries = [_entry(name, folder) for name, folder in installed_packs(settings.packs_path).items()]
    if as_json:
        show_json([entry | {"is_default": entry["name"] == settings.default_pack} for entry in entries])
    elif entries:
        show_table(("pack", "version", "taxa", "window", "license", ""), [_row(entry) for entry in entries])
    else:
        print_note(f"no packs in {settings.packs_path}; install one with `chorus models install`")
    if any(entry["broken"] for entry in entries):
        raise typer.Exit(1)


def _entry(name: str, folder: Path) -> dict[str, Any]:
    from dawn_chorus.inference.packs.pack import check_networks, read_pack

    entry: dict[str, Any] = {"name": name, "folder": str(folder), "broken": None}
    try:
        pack = read_pack(folder)
        check_networks(pack)
    except ChorusError as error:
        return entry | {"broken": str(error)}
    manifest = pack.manifest
    return entry | {
        "version": manifest.version,
        "license": manifest.license,
        "taxa_total": len(pack.taxa),
        "window_s": manifest.score.window_s,
    }


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    if entry["broken"]:
        return (entry["name"], "", "", "", "", f"broken: {entry['broken']}")
    return (entry["name"], entry["version"], str(entry["taxa_total"]), f"{entry['window_s']:g} s", entry["license"], "")
