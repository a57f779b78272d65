"""Combines networks into a pack: members with weights, a specialist with its own columns, and a golden self-test."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.inference.packs.mel_table import MelTable
from dawn_chorus.inference.packs.member_rules import SCHEMA_1_MEL
from dawn_chorus.inference.self_test import write_golden
from models.workshop.errors import BadInput
from models.workshop.networks.architecture import SedNetwork, keep_columns
from models.workshop.packing.export import MemberFile, export_network, write_fp16, write_pack
from models.workshop.recipe import Recipe
from models.workshop.training.checkpoints import load_checkpoint

Table = dict[str, object]
Specialists = Literal["join", "replace"]
"""Whether members that know some of the taxa are averaged with the others there, or score them alone."""


@dataclass(frozen=True, slots=True)
class PackIdentity:
    """Name, version, license and attribution of a pack."""

    name: str
    version: str = "1.0.0"
    license_id: str = "CC0-1.0"
    attribution: str = "trained in the workshop"


@dataclass(frozen=True, slots=True)
class PackRules:
    """How a pack computes scores and events; the tables are those of pack.toml."""

    score: Table = field(default_factory=lambda: {"shifts_s": [0.0]})
    detection: Table = field(default_factory=dict)
    frame_s: float = 0.5
    specialists: Specialists = "join"


FIRST_PLACE_SCORE: Table = {
    "shifts_s": [-2.5, 0.0, 2.5],
    "shift_weights": [0.25, 0.5, 0.25],
    "smoothing": [0.1, 0.2, 0.4, 0.2, 0.1],
}
SECOND_PLACE_SCORE: Table = {"shifts_s": [-2.5, 0.0, 2.5], "shift_weights": [1.0, 1.0, 1.0]}


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network to be exported as a member."""

    recipe: Recipe
    codes: tuple[str, ...]
    """The taxa of its columns; columns of taxa that the pack lacks are not exported."""
    network: SedNetwork
    weight: float = 1.0


def load_trained(checkpoint: Path, weight: float = 1.0) -> Trained:
    recipe, codes, model = load_checkpoint(checkpoint)
    return Trained(recipe, codes, model.network, weight)


def export_pack(
    members: Sequence[Trained],
    folder: Path,
    taxa: Sequence[Taxon],
    identity: PackIdentity,
    rules: PackRules = PackRules(),
    *,
    fp16: bool = False,
) -> Path:
    """Export every network as a member; return the folder.

    A network with only some of the taxa becomes a specialist; its `columns` file lists them, and where specialists
    replace the others, these exclude them. Each member is checked
    against torch (BadInput on a difference), and the pack gets a golden recording of noise and tones. `fp16` writes a
    half-precision copy of each network, to be used by changing the file's name in pack.toml.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = [_export_member(member, f"member-{number}", folder, taxa) for number, member in enumerate(members, 1)]
    if rules.specialists == "replace":
        _exclude_specialties(tables, folder, len(taxa))
    if fp16:
        for table in tables:
            write_fp16(folder / str(table["file"]))
    write_pack(
        folder, name=identity.name, version=identity.version, license_id=identity.license_id,
        attribution=identity.attribution, score=rules.score, detection=rules.detection, frame_s=rules.frame_s,
        members=tables,
        taxa_rows=[(t.code, t.scientific_name, t.common_name, t.taxonomic_class) for t in taxa],
    )  # fmt: skip
    rate_hz = members[0].recipe.model.sample_rate_hz
    write_golden(folder, golden_waveform(rate_hz), rate_hz)
    return folder


def member_table(recipe: Recipe, made: MemberFile, *, weight: float, columns: str | None) -> Table:
    """Return the `[[member]]` table of pack.toml."""
    model = recipe.model
    return {
        "file": made.file, "weight": weight, "input": "mel",
        "sample_rate_hz": model.sample_rate_hz, "window_s": model.window_s, "hop_s": model.hop_s,
        "rule": model.rule, "columns": columns, "frame_step_s": model.window_s / made.n_frames,
        "mel": served_mel(model.mel),
    }  # fmt: skip


def served_mel(mel: MelTable) -> Table:
    """Return the `[member.mel]` table of a network that was trained with this one.

    Images normalized over the recording: the author computes them of the whole file with the zeros around it, so the
    lowest level is the loudest one minus `top_db`, whatever the recording holds.
    """
    table = mel.model_dump(include=set(SCHEMA_1_MEL))
    if mel.normalize_scope == "window":
        return table
    if mel.normalize != "minmax" or mel.top_db is None:
        raise BadInput('mel.normalize_scope: "recording" needs normalize = "minmax" and top_db')
    return table | {"reference": "max", "normalize": "range", "range": [-mel.top_db, 0.0]}


def golden_waveform(sample_rate_hz: int, duration_s: float = 12.0) -> np.ndarray:
    """Return noise with gliding tones, (samples,) float32: free of any license, and networks respond to it."""
    rng = np.random.default_rng(2025)
    time = np.arange(round(duration_s * sample_rate_hz)) / sample_rate_hz
    glide = np.sin(2 * np.pi * (800 + 1500 * (time % 3)) * time) * (np.sin(2 * np.pi * 0.4 * time) > 0)
    return (0.3 * glide + 0.02 * rng.standard_normal(len(time))).astype(np.float32)


def _exclude_specialties(tables: Sequence[Table], folder: Path, n_taxa: int) -> None:
    """Have the networks that know all taxa, in any order, leave out those of the specialists.

    Raises BadInput if there are no specialists, or nobody else.
    """
    columns = [
        (folder / str(table["columns"])).read_text("utf-8").splitlines() if table["columns"] else () for table in tables
    ]
    generalists = [table for table, codes in zip(tables, columns, strict=True) if len(codes) in {0, n_taxa}]
    specialties = [code for codes in columns if len(codes) < n_taxa for code in codes]
    if not generalists or not specialties:
        raise BadInput("specialists: none can replace others: there must be networks of all taxa and of some of them")
    (folder / "excludes.csv").write_text("".join(f"{code}\n" for code in dict.fromkeys(specialties)), "utf-8")
    for table in generalists:
        table["excludes"] = "excludes.csv"


def _export_member(member: Trained, name: str, folder: Path, taxa: Sequence[Taxon]) -> Table:
    wanted = {taxon.code for taxon in taxa}
    columns = [number for number, code in enumerate(member.codes) if code in wanted]
    if not columns:
        raise BadInput(f"{name}: the network has none of the pack's taxa")
    network = keep_columns(member.network, columns) if len(columns) < len(member.codes) else member.network
    name = f"{name}-{member.recipe.model.backbone.split('.')[0]}"
    made = export_network(network, member.recipe.model, folder / f"{name}.onnx")
    codes, columns_file = [member.codes[number] for number in columns], None
    if codes != [taxon.code for taxon in taxa]:
        columns_file = f"{name}.columns.csv"
        (folder / columns_file).write_text("\n".join(codes) + "\n", encoding="utf-8")
    return member_table(member.recipe, made, weight=member.weight, columns=columns_file)
