"""`chorus models inspect`: what is in a pack."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dawn_chorus.cli.output import show_facts, show_json, show_table

if TYPE_CHECKING:
    from dawn_chorus.inference.packs.pack import Pack


def inspect(
    pack: Annotated[str, typer.Argument(metavar="PACK", help="An installed pack, or the folder of one.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
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
