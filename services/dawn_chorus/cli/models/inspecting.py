"""`chorus models inspect`: what is in a pack."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dawn_chorus.cli.output import show_facts, show_json, show_table

if TYPE_CHECKING:
    from dawn_chorus.inference.packs.manifest_tables import MemberTable
    from dawn_chorus.inference.packs.pack import Member, Pack


def inspect(
    pack: Annotated[str, typer.Argument(metavar="PACK", help="An installed pack, or the folder of one.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is in a pack: its networks, how they are scored, and whom to credit."""
    from dawn_chorus.cli.installed_packs import find_pack
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.inference.packs.pack import check_pack

    contents = check_pack(find_pack(pack, load_settings()))
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
    rows = _member_rows(contents)
    has_outputs = any(row[-1] for row in rows)
    columns = ("member", "weight", "input", "rate", "window", "rule", "taxa", "outputs")
    show_table(columns if has_outputs else columns[:-1], rows if has_outputs else [row[:-1] for row in rows])


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
            _input_of(member.table),
            f"{member.table.sample_rate_hz} Hz",
            f"{member.table.window_s:g} s every {member.table.hop_s:g} s",
            member.table.rule,
            _taxa_of(member),
            _outputs_of(member.table),
        )
        for member in pack.members
    ]


def _input_of(table: "MemberTable") -> str:
    steps = ["mean removed"] if table.remove_mean else []
    steps += [] if table.waveform_scale == "none" else [f"peak {table.peak:g}"]
    return ", ".join([table.input, *steps])


def _taxa_of(member: "Member") -> str:
    known = "all" if member.columns is None else str(len(member.columns))
    if member.kept is None:
        return known
    return f"{len(member.kept)}, others left to other members"


def _outputs_of(table: "MemberTable") -> str:
    """Return what pack.toml says of a network's outputs, if it says anything."""
    if table.outputs is not None and table.outputs.kind == "probs":
        return "probabilities"
    if table.outputs is None and table.activation is None:
        return ""
    return f"logits, {table.activation or 'sigmoid'}"
