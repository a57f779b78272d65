"""The study `ablation` in a tiny world: its lines, its references, and a second run that trains nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.workshop.errors import BadInput
from models.workshop.studies.ablation.lines import (
    BASELINE,
    CONTROL,
    ORACLE,
    binary_cross_entropy,
    first_place,
    make_lines,
)
from models.workshop.studies.ablation.references import true_labels
from models.workshop.studies.ablation.study import Ablation, run_ablation
from models.workshop.studies.ablation.tables import draw_tables
from models.workshop.studies.ablation.world import World, open_world
from models.workshop.training.checkpoints import load_checkpoint
from tests.workshop.conftest import TINY

pytestmark = pytest.mark.timeout(1800)  # 18 networks are trained and exported, 23 ensembles measured


@pytest.fixture(scope="module")
def ablation(tiny_recipes: Path, tmp_path_factory: pytest.TempPathFactory) -> Ablation:
    return Ablation(tmp_path_factory.mktemp("ablation"), TINY, tiny_recipes)


@pytest.fixture(scope="module")
def tables(ablation: Ablation) -> str:
    return run_ablation(ablation, [3], jobs=2)


@pytest.fixture(scope="module")
def world(ablation: Ablation, tables: str) -> World:  # noqa: ARG001 — after all lines are measured
    return open_world(ablation.work_dir / "world-3", 3, ablation.size, ablation.recipes)


def test_every_table_has_baseline_control_oracle_and_rounds(tables: str) -> None:
    names = [
        row.split("|")[1].strip()
        for row in tables.splitlines()
        if row.startswith("| ") and "---" not in row and ", against " not in row
    ]
    rounds = [BASELINE, CONTROL, ORACLE, "round 1", "round 2, plain labels", "round 2, with power"]
    assert [name for name in names if name] == [
        *rounds, "ensemble of two baselines", "ensemble of baseline and round 1",
        "ensemble of baseline and both rounds, with power",
        "the same with shifts of ±2.5 s", "the same with shifts and smoothing",
        *rounds,
        BASELINE, CONTROL, ORACLE, "round 1", "round 2", "the same with shifts of ±2.5 s",
    ]  # fmt: skip


def test_a_second_run_uses_the_results_of_the_first(ablation: Ablation, tables: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in ablation.work_dir.glob("world-*/**/*") if path.is_file()}
    assert run_ablation(ablation, [3]) == tables
    assert before == {path: path.stat().st_mtime_ns for path in before}
    rows = (ablation.work_dir / "ablation.csv").read_text().splitlines()
    assert len(rows) == 1 + 23
    assert {row.split(",")[0] for row in rows[1:]} == {"3"}


def test_other_recipes_are_refused_in_the_same_folder(ablation: Ablation, tables: str, tmp_path: Path) -> None:  # noqa: ARG001
    for recipe in ablation.recipes.glob("*.toml"):
        (tmp_path / recipe.name).write_text(recipe.read_text().replace("lr = 4e-3", "lr = 5e-3"))
    with pytest.raises(BadInput, match=r"another recipes.ablation.optimizer.lr \(0.004, now 0.005\)"):
        run_ablation(replace(ablation, recipes=tmp_path), [3])


def test_lines_with_power_have_learned_with_it(world: World) -> None:
    for lines in (first_place(world), binary_cross_entropy(world)):
        gammas = {line.name: load_checkpoint(line.checkpoints[-1])[0].pseudo.gammas for line in lines}
        assert gammas["round 2, plain labels"] == (1.0, 1.0)
        assert gammas["round 2, with power"] == (1.0, 1.5)


def test_each_table_has_its_loss(world: World) -> None:
    losses = {line.table: load_checkpoint(line.checkpoints[-1])[0].loss for line in make_lines(world)}
    assert list(losses.values()) == ["first_place", "bce_sed", "second_place"]


def test_the_networks_of_a_world_learn_for_as_many_steps_and_differ(world: World) -> None:
    checkpoints = {path for line in make_lines(world) for path in line.checkpoints}
    epochs = {len((path.parent / "metrics.csv").read_text().splitlines()) - 1 for path in checkpoints}
    assert (len(checkpoints), epochs) == (18, {2})
    assert len({path.read_bytes() for path in checkpoints}) == 18


def test_the_oracle_learns_what_is_heard_in_each_five_seconds(world: World) -> None:
    labels = true_labels(world, world.load_recipe("ablation"))
    path = world.soundscapes[0].path
    assert labels.probs[path].shape == (4, 12)
    heard = {(int(part), labels.codes[column]) for part, column in np.argwhere(labels.probs[path] == 1)}
    expected = {
        (part, event.code)
        for event in world.dataset.events[path]
        for part in range(4)
        if event.onset_s < 5 * (part + 1) and event.offset_s > 5 * part
    }
    assert heard == expected


def test_a_table_gives_means_and_the_paired_changes_of_the_worlds() -> None:
    values = {BASELINE: (0.5, 0.7), CONTROL: (0.6, 0.7), "round 1": (0.4, 0.8)}
    worlds = [
        {
            ("T", line): dict.fromkeys(("macro_auroc", "cmap", "psds"), pair[n]) | {"cpu_s": 60.0}
            for line, pair in values.items()
        }
        for n in range(2)
    ]
    table = draw_tables(worlds).splitlines()
    assert table[0] == "T, 2 worlds"
    assert table[4].startswith("| baseline: true labels only | 0.600 ± 0.141 |  |  | 0.600 ")
    assert table[5].startswith(
        "| control: soundscapes without labels | 0.650 ± 0.071 | +0.050 ± 0.071 (1/2) |  | 0.650 "
    )
    assert table[6].startswith("| round 1 | 0.600 ± 0.283 | +0.000 ± 0.141 (1/2) | −0.050 ± 0.212 (1/2) | 0.600 ")
    assert table[-1] == "6 minutes of one core's time"


def test_lines_that_differ_in_one_thing_are_compared_within_each_world() -> None:
    values = {BASELINE: (0.5, 0.7), CONTROL: (0.5, 0.7), "round 1": (0.5, 0.6), "round 2": (0.75, 0.65)}
    measures = ("macro_auroc", "cmap", "psds")
    worlds = [
        {("Second place", line): dict.fromkeys(measures, pair[n]) | {"cpu_s": 0.0} for line, pair in values.items()}
        for n in range(2)
    ]
    change = "+0.150 ± 0.141 (2/2)"
    assert f"| Second place: round 2, against round 1 | {change} | {change} | {change} |" in draw_tables(worlds)
