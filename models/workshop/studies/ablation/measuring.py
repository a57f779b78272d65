"""Measures one line of a world, on soundscapes that no network heard."""

import json
import re
from dataclasses import asdict
from pathlib import Path

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.evaluation.held_out import evaluate, tune_rule
from models.workshop.evaluation.pack_scores import score_clips
from models.workshop.packing.pack import PackIdentity, PackRules, export_pack, load_trained
from models.workshop.studies.ablation.lines import Line
from models.workshop.studies.ablation.world import World
from models.workshop.synthetic.world import FOLD_TEST, FOLD_VALIDATE

Row = dict[str, float]


def measures_of(line: Line, world: World) -> Path:
    """Return where a line's measures are kept."""
    return world.folder / "lines" / re.sub(r"\W+", "-", f"{line.table} {line.name}") / "measures.json"


def measure_line(line: Line, world: World) -> Row:
    """Return the measures on test soundscapes, with event rules chosen on validation ones."""
    folder, dataset = measures_of(line, world).parent, world.dataset
    members = [load_trained(checkpoint) for checkpoint in line.checkpoints]
    rules = PackRules(line.score or {"shifts_s": [0.0]}, frame_s=0.25)
    pack = export_pack(members, folder, dataset.taxa, PackIdentity("ablation"), rules)
    ensemble = open_ensemble(pack, SessionOptions())
    validation, test = (dataset.choose(kind="soundscape", folds=[fold]) for fold in (FOLD_VALIDATE, FOLD_TEST))
    rule = tune_rule(ensemble, dataset, list(score_clips(ensemble, dataset.folder, validation)))
    return asdict(evaluate(ensemble, dataset, test, rule))


def read_row(path: Path) -> Row | None:
    return json.loads(path.read_text()) if path.exists() else None


def write_row(path: Path, row: Row) -> None:
    path.write_text(json.dumps(row), encoding="utf-8")
