"""Runs all worlds, several at once if wanted, and writes the tables after each of them.

Trained networks and measured lines are kept in the work folder; a killed run resumes from there.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from rich.progress import track

from models.workshop.recipe_files import RECIPES, load_recipe
from models.workshop.studies.ablation.lines import make_lines
from models.workshop.studies.ablation.measuring import Row, measure_line, measures_of, read_row, write_row
from models.workshop.studies.ablation.tables import draw_tables, write_rows
from models.workshop.studies.ablation.world import open_world
from models.workshop.synthetic.world import WorldSize
from models.workshop.training.kept_settings import keep_settings

SIZE = WorldSize(focal_most=30, soundscapes=40, validation_soundscapes=6, test_soundscapes=12)
RECIPE_FILES = ("ablation.toml", "ablation_second.toml")
WorldRows = dict[tuple[str, str], Row]


@dataclass(frozen=True, slots=True)
class Ablation:
    """Where everything is kept, and how large the worlds are."""

    work_dir: Path
    size: WorldSize = SIZE
    recipes: Path = RECIPES
    """The folder of ablation.toml and ablation_second.toml."""


def run_ablation(ablation: Ablation, seeds: Sequence[int], *, jobs: int = 1) -> str:
    """Run the worlds with these seeds, `jobs` at once; return the Markdown tables.

    They are written to ablation.md, and all measures to ablation.csv, after each world. Raises BadInput if the work
    folder holds networks of other recipes or worlds.
    """
    finished: dict[int, WorldRows] = {}
    recipes = [load_recipe(ablation.recipes / name) for name in RECIPE_FILES]
    keep_settings(ablation.work_dir, recipes, {"size": asdict(ablation.size)}, {})
    for seed, rows in _run_worlds(ablation, seeds, jobs):
        finished[seed] = rows
        numbers = sorted(finished)
        worlds = [finished[number] for number in numbers]
        (ablation.work_dir / "ablation.md").write_text(draw_tables(worlds), encoding="utf-8")
        write_rows(ablation.work_dir / "ablation.csv", numbers, worlds)
    return (ablation.work_dir / "ablation.md").read_text("utf-8")


def run_world(ablation: Ablation, seed: int) -> WorldRows:
    """Return the measures of all lines of one world, by table and line; `cpu_s` is what training and measuring took."""
    started_s = time.process_time()
    world = open_world(ablation.work_dir / f"world-{seed}", seed, ablation.size, ablation.recipes)
    rows: WorldRows = {}
    for line in make_lines(world):
        path = measures_of(line, world)
        row = read_row(path)
        if row is None:
            row = measure_line(line, world)
            row["cpu_s"] = round(time.process_time() - started_s, 2)
            write_row(path, row)
        rows[line.table, line.name] = row
        started_s = time.process_time()
    return rows


def _run_worlds(ablation: Ablation, seeds: Sequence[int], jobs: int) -> Iterator[tuple[int, WorldRows]]:
    if jobs == 1:
        yield from ((seed, run_world(ablation, seed)) for seed in seeds)
        return
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_be_quiet) as pool:
        seed_of = {pool.submit(run_world, ablation, seed): seed for seed in seeds}
        for done in track(as_completed(seed_of), "worlds", total=len(seeds)):
            yield seed_of[done], done.result()


def _be_quiet() -> None:
    """Keep a process to one thread, and its training's progress off the terminal that it shares with the others."""
    torch.set_num_threads(1)
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 — until the process ends
